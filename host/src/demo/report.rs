//! What came of the day: asked, answered, refused by reason; each planned error with whether it got its answer.

use std::collections::BTreeMap;

use serde::Serialize;

use super::plan::Mistake;

/// Most unexplained answers that are told one by one.
const MOST_TOLD: usize = 20;

/// A planned error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Planned {
    /// How often it was made.
    pub(crate) made: usize,
    /// How often it got the answer that it must get.
    pub(crate) met: usize,
}

/// An answer that nobody planned. Holds codes, never what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Unexplained {
    pub(crate) reference: String,
    pub(crate) expected: String,
    pub(crate) got: String,
}

/// What came of the day.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) seed: u64,
    /// Requests and events of backlogs.
    pub(crate) asked: usize,
    /// Such as were decided.
    pub(crate) answered: usize,
    /// Such as were refused, by the kind of the problem.
    pub(crate) refused: BTreeMap<String, usize>,
    /// Decisions by pilot.
    pub(crate) decisions: BTreeMap<String, usize>,
    /// Planned errors by name.
    pub(crate) errors: BTreeMap<&'static str, Planned>,
    /// Sent again at the end, and answered as before.
    pub(crate) again: Planned,
    /// What was not tried, and why.
    pub(crate) skipped: Vec<String>,
    pub(crate) unexplained: Vec<Unexplained>,
}

impl Report {
    /// Before the day: each planned error is told, also one that the day had no occasion for.
    pub(super) fn new(seed: u64) -> Report {
        let errors = Mistake::ALL.into_iter().map(|mistake| (mistake.en(), Planned::default())).collect();
        Report { seed, errors, ..Report::default() }
    }

    /// Notes one answer.
    pub(super) fn note(&mut self, reference: &str, mistake: Option<Mistake>, answer: Result<(), (String, String)>) {
        if let Some(mistake) = mistake {
            let planned = self.errors.entry(mistake.en()).or_default();
            planned.made += 1;
            planned.met += usize::from(answer.is_ok());
        }
        if let Err((expected, got)) = answer {
            self.unexplained.push(Unexplained { reference: reference.to_owned(), expected, got });
        }
    }

    /// The report in lines for people.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("seed {}: {} asked, {} answered", self.seed, self.asked, self.answered)];
        lines.extend(self.decisions.iter().map(|(what, n)| format!("  {n:>5}  {what}")));
        lines.push("refused:".to_owned());
        lines.extend(self.refused.iter().map(|(why, n)| format!("  {n:>5}  {why}")));
        lines.push("planned errors, and such as got the answer that they must get:".to_owned());
        lines.extend(
            self.errors.iter().map(|(what, planned)| format!("  {:>2}/{:<2}  {what}", planned.met, planned.made)),
        );
        if self.again.made > 0 {
            lines.push(format!("sent again: {} of {} answered as before", self.again.met, self.again.made));
        }
        lines.extend(self.skipped.iter().map(|what| format!("skipped: {what}")));
        for one in self.unexplained.iter().take(MOST_TOLD) {
            lines.push(format!("UNEXPLAINED {}: expected {}, got {}", one.reference, one.expected, one.got));
        }
        if self.unexplained.len() > MOST_TOLD {
            lines.push(format!("and {} more", self.unexplained.len() - MOST_TOLD));
        }
        lines
    }
}
