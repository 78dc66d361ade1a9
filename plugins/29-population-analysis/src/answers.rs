//! The record of answered questions: no further answer may, together with an earlier one, uncover a small group.

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::description::Residence;
use crate::rules::{Counted, is_small_difference};

const ANSWERS: Table<Answer> = Table::named("answers");

/// Most answers that one is compared with: some dozens of questions, monthly, for a year. Beyond, nothing more is answered.
const MOST: usize = 1_000;

/// An answered question.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Answer {
    question: String,
    residence: Residence,
    counted: Counted,
    /// People counted. None: too few to be told.
    total: Option<u64>,
}

impl Record for Answer {
    fn indexes(&self) -> Vec<(&'static str, String)> {
        vec![("residence", format!("{}/", self.residence.code()))]
    }
}

/// The earlier answer that forbids a further one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Earlier {
    pub(crate) question: String,
    pub(crate) on: Date,
}

/// Earlier answers about one kind of residence.
pub(crate) struct Answers {
    residence: Residence,
    known: Vec<Row<Answer>>,
}

impl Answers {
    /// Reads them.
    pub(crate) fn about(residence: Residence) -> Result<Self, Refusal> {
        let known = ANSWERS.first(MOST, "residence", &format!("{}/", residence.code()))?;
        if known.len() >= MOST {
            return Err(Refusal::new("too-many-answers")
                .because("more answers are kept than one can be compared with: wait until old ones go"));
        }
        Ok(Self { residence, known })
    }

    /// The earlier answer from which this one differs by one commune. Asked before the host is.
    pub(crate) fn one_commune_apart(&self, counted: &Counted) -> Option<Earlier> {
        self.earlier(|answer| answer.counted.isolates_a_commune(counted))
    }

    /// The earlier answer whose difference to this total is a small group.
    pub(crate) fn small_group_apart(&self, counted: &Counted, total: u64, floor: u32, days: i32) -> Option<Earlier> {
        self.earlier(|answer| {
            let cells = answer.counted.cells.min(counted.cells);
            answer.counted.is_within_or_around(counted, days)
                && answer.total.is_some_and(|other| is_small_difference(other, total, floor, cells))
        })
    }

    fn earlier(&self, forbids: impl Fn(&Answer) -> bool) -> Option<Earlier> {
        let answer = &self.known.iter().find(|row| forbids(&row.value))?.value;
        Some(Earlier { question: answer.question.clone(), on: answer.counted.on })
    }

    /// Remembers an answer that was given.
    pub(crate) fn remember(
        &self,
        question: &str,
        revision: u32,
        counted: Counted,
        total: Option<u64>,
    ) -> Result<(), Denial> {
        let Counted { ages: (from, to), on, cells, .. } = counted;
        let key = format!("{question}/{revision}/{}/{on}/{from}-{to}/{cells}", self.residence.code());
        if self.known.iter().any(|row| row.key == key && row.value.counted == counted && row.value.total == total) {
            return Ok(());
        }
        ANSWERS.put(&key, &Answer { question: question.to_owned(), residence: self.residence, counted, total })?;
        Ok(())
    }
}
