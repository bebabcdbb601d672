//! Every fuzz target: the one of `targets.rs` that is called as this binary is.

#![no_main]

use libfuzzer_sys::fuzz_target;

mod targets;

fuzz_target!(|data: &[u8]| {
    targets::run(env!("CARGO_BIN_NAME"), data);
});
