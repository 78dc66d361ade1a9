//! Questions as they are kept: found by name, their revisions, who may be answered when.

use std::collections::BTreeMap;

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::description::{DefineQuestion, Measure};
use crate::settings::Settings;

pub(crate) const QUESTIONS: Table<Question> = Table::named("questions");

/// A question as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Question {
    pub(crate) asks: DefineQuestion,
    /// Grows with every change of what it says: an approval is of one revision.
    pub(crate) revision: u32,
    /// When this revision was described.
    pub(crate) described: Instant,
    /// Whether this revision was answered already.
    pub(crate) answered: bool,
    /// The day of the last answer, and the references of its series.
    pub(crate) last: Option<(Date, Vec<String>)>,
    /// The board that it was published to, and is refreshed on.
    pub(crate) board: Option<String>,
    /// The day on which it was last to be refreshed and could not be: those that were not tried since go first.
    #[serde(default)]
    pub(crate) tried: Option<Date>,
}

impl Record for Question {
    fn indexes(&self) -> Vec<(&'static str, String)> {
        let measure = match self.asks.measure {
            Measure::SchoolEntry => "school-entry",
            _ => "other",
        };
        let mut indexes = vec![("measure", measure.to_owned())];
        // The longest unrefreshed first.
        if self.board.is_some() {
            indexes.push(("refresh", self.last.as_ref().map_or(Date::MIN, |(day, _)| *day).to_string()));
        }
        indexes
    }
}

impl Question {
    pub(crate) fn id(&self) -> &str {
        self.asks.id.as_str()
    }

    /// Whether it may be answered today.
    pub(crate) fn is_usable(&self, settings: &Settings, today: Date) -> bool {
        !self.asks.is_sensitive() || settings.is_approved(self.id(), self.revision, today)
    }

    /// Units that went into others since it was described, with these.
    pub(crate) fn outdated_units(&self, today: Date) -> Result<BTreeMap<String, Vec<UnitCode>>, Refusal> {
        self.asks.check_units(today)
    }
}

/// A question of that name.
pub(crate) fn find(id: &Ref) -> Result<Row<Question>, Refusal> {
    let found = QUESTIONS.get(id.as_str())?;
    found.ok_or_else(|| Refusal::new("no-such-question").at("/id").because("describe it first: define-question"))
}

/// What became of a description.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Defined {
    question: String,
    revision: u32,
    /// The smallest cell that will be shown.
    floor: u32,
    /// For each unit that does not stand any more: the communes that can be asked about in its place.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    offered: BTreeMap<String, Vec<UnitCode>>,
}

/// Describes a question, or changes what it says.
pub(crate) fn define(occasion: &Occasion, req: DefineQuestion) -> Result<Outcome<Defined>, Refusal> {
    let settings = Settings::read()?;
    req.check()?;
    let today = occasion.local_date();
    let (id, sensitive) = (req.id.to_string(), req.is_sensitive());
    let floor = settings.floor(sensitive);
    let offered = req.check_units(today)?;
    if !offered.is_empty() {
        let data = Defined { question: id, revision: 0, floor, offered };
        return Ok(Outcome::new("choose-communes")
            .reason("unit-dissolved")
            .say("choose-communes", [])
            .next("name-communes")
            .data(data));
    }
    let known = QUESTIONS.get(&id)?;
    let revision = match known {
        Some(row) if row.value.asks == req => row.value.revision,
        Some(row) if row.value.asks.owner != req.owner => {
            return Err(Refusal::new("other-owner")
                .at("/owner")
                .because("another agency's question: take another name"));
        }
        known => {
            let revision = known.as_ref().map_or(1, |row| row.value.revision.saturating_add(1));
            let (described, board) = (occasion.at(), None);
            let question = Question { asks: req, revision, described, answered: false, last: None, board, tried: None };
            match known {
                Some(mut row) => {
                    row.value = question;
                    QUESTIONS.save(&row)?;
                }
                None => {
                    QUESTIONS.insert(&id, &question)?;
                }
            }
            reporting::count("questions-described", 1);
            revision
        }
    };
    let outcome = if !sensitive || settings.is_approved(&id, revision, today) {
        Outcome::new("active").say("question-active", [("question", id.clone()), ("floor", floor.to_text())])
    } else {
        Outcome::new("needs-approval")
            .reason("sensitive")
            .say("question-needs-approval", [("question", id.clone()), ("revision", revision.to_text())])
            .next("ask-approval")
    };
    Ok(outcome.data(Defined { question: id, revision, floor, offered }))
}
