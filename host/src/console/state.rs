//! How a model stands on this system, and the tag that says so in words.

use time::OffsetDateTime;

use super::Frame;
use crate::words;

/// How a model stands on this system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelState {
    /// In the plan; no pilot is on this system.
    Planned,
    /// In the plan, its day is over, and no pilot is on this system.
    Late,
    /// A version is submitted and waits for its approvals.
    Waiting,
    /// A version serves calls.
    Running,
    /// Switched off by an officer.
    Disabled,
    /// Taken out after faults, until a person acts or the time has come.
    Quarantined {
        /// When it is tried again.
        until: OffsetDateTime,
    },
}

impl ModelState {
    /// The text of the tag.
    pub(super) fn text(&self, frame: &Frame) -> String {
        let words = frame.words();
        match self {
            ModelState::Planned => words.state_planned.to_owned(),
            ModelState::Late => words.state_late.to_owned(),
            ModelState::Waiting => words.state_waiting.to_owned(),
            ModelState::Running => words.state_running.to_owned(),
            ModelState::Disabled => words.state_disabled.to_owned(),
            ModelState::Quarantined { until } => {
                format!("{} {} {}", words.state_quarantined, words.until, words::instant(frame.lang, *until))
            }
        }
    }

    /// The style of the tag. Colour only repeats what the text says.
    pub(super) fn class(&self) -> &'static str {
        match self {
            ModelState::Planned => "tag-planned",
            ModelState::Late => "tag-late",
            ModelState::Waiting => "tag-waiting",
            ModelState::Running => "tag-running",
            ModelState::Disabled => "tag-disabled",
            ModelState::Quarantined { .. } => "tag-quarantined",
        }
    }
}
