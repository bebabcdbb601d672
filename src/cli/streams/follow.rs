//! Streams on their way: their records are collected, and what they say is told, until all have ended.

use std::time::Duration;

use super::super::service::Attendants;
use super::super::{live, output, progress};
use crate::engine::{StreamConfig, Streams};
use crate::measure::FrameRecord;

/// How often the records are fetched: far more often than their rings fill up.
const POLL: Duration = Duration::from_millis(20);

/// The records of every stream, by its number, in the order of arrival.
pub(in crate::cli) type Records = Vec<Vec<FrameRecord>>;

/// Collects the records until all streams have ended, with a progress bar on a terminal.
pub(in crate::cli) fn follow(
    streams: &mut Streams,
    configs: &[StreamConfig],
    attendants: &mut Attendants,
) -> Records {
    let mut records: Records = vec![Vec::new(); configs.len()];
    let bar = progress::bar(configs);
    let mut watches: Vec<live::Watch> = configs.iter().map(|_| live::Watch::default()).collect();
    let has_several = configs.len() > 1;
    let mut told_ends = vec![false; configs.len()];
    loop {
        let is_over = streams.is_over();
        streams.poll(|number, record| {
            attendants.hear(number, record);
            if attendants.keeps_records()
                && let Some(kept) = records.get_mut(number as usize)
            {
                kept.push(*record);
            }
        });
        let mut said = said(streams, &mut watches);
        said.extend(attendants.look(streams));
        let ends = ends(streams, &mut told_ends);
        for (number, remark) in said.into_iter().chain(ends.filter(|_| has_several)) {
            let begin = if has_several {
                format!("stream {number}: ")
            } else {
                String::new()
            };
            bar.suspend(|| output::remark(&format!("{begin}{remark}")));
        }
        progress::show(&bar, streams.members(), &records);
        if is_over {
            break;
        }
        progress::wait(POLL);
    }
    bar.finish_and_clear();
    for kept in &mut records {
        // A frame that was given up is told before those that still waited.
        kept.sort_by_key(|record| record.index);
    }
    records
}

/// What sources and streams have to say since the last time.
fn said(streams: &mut Streams, watches: &mut [live::Watch]) -> Vec<(u32, String)> {
    let mut said = Vec::new();
    for (number, trouble) in streams.take_troubles() {
        said.push((number, trouble.to_string()));
    }
    for member in streams.members() {
        let news = member.live().and_then(|report| {
            watches
                .get_mut(member.number() as usize)
                .and_then(|watch| watch.look(&report))
        });
        said.extend(news.map(|news| (member.number(), news)));
    }
    said
}

/// The streams that have died since the last time, and of what.
fn ends(streams: &Streams, told: &mut [bool]) -> impl Iterator<Item = (u32, String)> {
    let mut ends = Vec::new();
    for member in streams.members() {
        let Some(is_told) = told.get_mut(member.number() as usize) else {
            continue;
        };
        if let Some(end) = member.end()
            && !std::mem::replace(is_told, true)
            && let Some(fault) = &end.fault
        {
            ends.push((
                member.number(),
                format!("{fault}. The other streams run on"),
            ));
        }
    }
    ends.into_iter()
}
