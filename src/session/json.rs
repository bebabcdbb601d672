//! The run as one JSON object, `framescope.run/1`.

use std::io::Write;

use serde::Serialize;

use super::{Exporter, Host, Plan, Run, Summary};

/// Name and version of the format.
pub(super) const SCHEMA: &str = "framescope.run/1";

/// Writes plan, host and summary; frames are for the CSV file.
#[derive(Clone, Copy, Debug, Default)]
pub struct JsonExporter;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    plan: &'a Plan,
    host: &'a Host,
    summary: Summary,
}

impl Exporter for JsonExporter {
    fn export(&self, run: &Run, out: &mut dyn Write) -> std::io::Result<()> {
        let document = Document {
            schema: SCHEMA,
            plan: &run.plan,
            host: &run.host,
            summary: run.summary(),
        };
        serde_json::to_writer_pretty(&mut *out, &document)?;
        writeln!(out)
    }
}
