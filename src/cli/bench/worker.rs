//! The items for another program to time: a line in, a line out.
//!
//! ```text
//! list            item names, separated by tabs
//! run ITEM N      N times in nanoseconds, separated by spaces
//! dump ITEM FILE  kind, height and width of the item's output, whose raw bytes are in FILE
//! ```
//!
//! Kinds are `u8hwc` (interleaved RGB) and `f32chw` (planes of little-endian `f32`). Anything else ends the worker.

use std::io::{BufRead, Write};

use super::super::{CommandError, Exit, Failure};
use super::work::{Frames, Item};
use crate::measure::{Clock, SystemClock};

/// The most runs that one line may ask for.
const MAX_RUNS: usize = 100_000;

/// Answers lines on stdin until they end.
pub(super) fn serve(frames: &Frames, items: &mut [Item]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let mut turn = 0;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<_> = line.split_whitespace().collect();
        let answer = match words[..] {
            ["list"] => {
                let names: Vec<_> = items.iter().map(|item| item.name.as_str()).collect();
                names.join("\t")
            }
            ["run", name, count] => {
                let count: usize = count.parse()?;
                run(frames, item(items, name)?, count.min(MAX_RUNS), &mut turn)
            }
            ["dump", name, file] => {
                let item = item(items, name)?;
                item.run(frames, 0);
                let output = item.output();
                std::fs::write(file, &output.bytes)?;
                format!(
                    "{} {} {}",
                    output.kind, output.size.height_px, output.size.width_px
                )
            }
            _ => return Ok(()),
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn item<'a>(items: &'a mut [Item], name: &str) -> Result<&'a mut Item, Failure> {
    let found = items.iter_mut().find(|item| item.name == name);
    found.ok_or_else(|| {
        Failure(CommandError {
            message: format!("there is no item `{name}`. `list` names them all"),
            exit: Exit::CouldNotRun,
        })
    })
}

fn run(frames: &Frames, item: &mut Item, count: usize, turn: &mut usize) -> String {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        *turn += 1;
        let started_nanos = SystemClock.now_nanos();
        item.run(frames, *turn);
        let nanos = SystemClock.now_nanos().saturating_sub(started_nanos);
        times.push(nanos.to_string());
    }
    times.join(" ")
}
