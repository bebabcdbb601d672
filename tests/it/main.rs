//! The integration tests: one binary, one module for every room and one for the house rules.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod tidy;
