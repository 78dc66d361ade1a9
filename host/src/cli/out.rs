//! Where commands write: results to standard output, notes to standard error; text and JSON from one value.

use std::fmt::Arguments;
use std::io::Write;

use serde::Serialize;

/// The result of a command.
pub(super) struct Out {
    json: bool,
}

impl Out {
    pub(super) fn new(json: bool) -> Out {
        Out { json }
    }

    /// A line of the result for people; nothing with `--json`.
    pub(super) fn say(&mut self, text: Arguments<'_>) {
        if !self.json {
            write_line(&mut std::io::stdout().lock(), text);
        }
    }

    /// The result as one JSON document, with and without `--json`: of commands that speak nothing else.
    pub(super) fn document<T: Serialize>(&mut self, value: &T) {
        if let Ok(text) = serde_json::to_string_pretty(value) {
            write_line(&mut std::io::stdout().lock(), format_args!("{text}"));
        }
    }

    /// The result as one JSON document; nothing without `--json`.
    pub(super) fn json<T: Serialize>(&mut self, value: &T) {
        if self.json
            && let Ok(text) = serde_json::to_string_pretty(value)
        {
            write_line(&mut std::io::stdout().lock(), format_args!("{text}"));
        }
    }
}

/// A note on standard error.
pub(super) fn note(text: Arguments<'_>) {
    write_line(&mut std::io::stderr().lock(), text);
}

/// A reader who has gone away is no fault of the command's.
fn write_line(to: &mut dyn Write, text: Arguments<'_>) {
    let _gone = writeln!(to, "{text}");
}
