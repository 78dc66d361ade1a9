//! Answering a question in the meeting, and publishing its series to a board.

use std::collections::BTreeMap;

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answers::Earlier;
use crate::draw::{self, Drawn, Undrawn};
use crate::figures::Figures;
use crate::question::{self, QUESTIONS, Question};
use crate::settings::Settings;

/// The role whose views are counted.
const LEADER: &str = "leader";

/// A question to be answered.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run {
    id: Ref,
    /// Today, where left out.
    as_of: Option<Date>,
}

/// A series to be published.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Publish {
    id: Ref,
    /// Today, where left out.
    as_of: Option<Date>,
    board: String,
}

/// The answer: figures, or what stands against them.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Answered {
    question: String,
    /// The day that the figures speak of.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<Date>,
    /// Age of the figures in days, where they are the last known ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    aged_days: Option<i32>,
    /// People counted on today's units, by kind of residence.
    totals: BTreeMap<&'static str, u64>,
    /// Of these, people in hidden cells.
    hidden_people: BTreeMap<&'static str, u64>,
    /// Hidden cells of all tables.
    hidden_cells: u32,
    /// Whether old and new units add up to the same, where both are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    sums_equal: Option<bool>,
    /// References of the series.
    series: Vec<String>,
    tables: Vec<Figures>,
    /// The earlier answer with which this one would uncover a small group.
    #[serde(skip_serializing_if = "Option::is_none")]
    earlier: Option<Earlier>,
    /// For each unit that does not stand any more: the communes in its place.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    offered: BTreeMap<String, Vec<UnitCode>>,
}

impl Answered {
    fn of(question: &Question) -> Self {
        Self { question: question.id().to_owned(), ..Self::default() }
    }

    fn with(mut self, tables: Vec<Figures>) -> Self {
        self.as_of = tables.first().map(|table| table.as_of);
        for table in &tables {
            let residence = table.residence.code();
            if let Some(total) = table.total {
                self.totals.entry(residence).or_insert(total);
            }
            if let Some(people) = table.hidden_people {
                self.hidden_people.entry(residence).or_insert(people);
            }
            self.hidden_cells = self.hidden_cells.saturating_add(table.hidden_cells);
        }
        self.series = tables.iter().map(|table| table.series.clone()).collect();
        self.tables = tables;
        self
    }
}

/// Answers a question.
pub(crate) fn run(occasion: &Occasion, req: Run) -> Result<Outcome<Answered>, Refusal> {
    let settings = Settings::read()?;
    let mut row = question::find(&req.id)?;
    let as_of = checked_day(req.as_of, occasion)?;
    if occasion.role() == LEADER {
        reporting::count("leader-views", 1);
    }
    let drawn = match draw::draw(&row.value, as_of, occasion.local_date(), &settings) {
        Ok(drawn) => drawn,
        Err(undrawn) => {
            let (outcome, data) = instead(undrawn, &row.value, occasion.local_date())?;
            return Ok(outcome.data(data));
        }
    };
    let outcome = if drawn.is_too_few() {
        Outcome::new("too-few").say("too-few", [("floor", floor_of(&drawn).to_text())]).next("ask-larger-area")
    } else {
        Outcome::new("answered").say("answered", [("day", as_of.to_text()), ("hidden", hidden_of(&drawn).to_text())])
    };
    let outcome = drawn.notes.iter().fold(outcome, |outcome, note| outcome.reason(*note));
    let mut data = Answered::of(&row.value);
    data.sums_equal = drawn.sums_equal;
    let tables = kept(&mut row, drawn, occasion.at())?;
    Ok(outcome.data(data.with(tables)))
}

/// Publishes the series of a question. What is published is refreshed every month from then on.
pub(crate) fn publish(occasion: &Occasion, req: Publish) -> Result<Outcome<Answered>, Refusal> {
    let settings = Settings::read()?;
    let mut row = question::find(&req.id)?;
    let as_of = checked_day(req.as_of, occasion)?;
    if !settings.boards.contains(&req.board) {
        return Err(Refusal::invalid("/board", "not one of the department's boards: see the setting `boards`"));
    }
    let drawn = match draw::draw(&row.value, as_of, occasion.local_date(), &settings) {
        Ok(drawn) => drawn,
        Err(undrawn) => {
            let (outcome, data) = instead(undrawn, &row.value, occasion.local_date())?;
            return Ok(outcome.data(data));
        }
    };
    let mut data = Answered::of(&row.value);
    data.sums_equal = drawn.sums_equal;
    if drawn.is_too_few() {
        let outcome = Outcome::new("too-few").say("too-few", [("floor", floor_of(&drawn).to_text())]);
        return Ok(outcome.next("ask-larger-area").data(data));
    }
    let outcome = Outcome::new("published").say("published", [("board", req.board.clone()), ("day", as_of.to_text())]);
    let outcome = drawn.notes.iter().fold(outcome, |outcome, note| outcome.reason(*note));
    send(&drawn.tables, &req.board)?;
    row.value.board = Some(req.board);
    let tables = kept(&mut row, drawn, occasion.at())?;
    Ok(outcome.data(data.with(tables)))
}

/// Sends series to a board. A table too small to be told is not sent.
pub(crate) fn send(tables: &[Figures], board: &str) -> Result<(), Denial> {
    for table in tables.iter().filter(|table| table.total.is_some()) {
        reporting::series(table.name(), board, table.as_of, table.base.base(), table.points())?;
    }
    Ok(())
}

/// Keeps the figures and that the question was answered. Answers the tables.
pub(crate) fn kept(row: &mut Row<Question>, drawn: Drawn, at: Instant) -> Result<Vec<Figures>, Refusal> {
    let question = &mut row.value;
    for table in &drawn.tables {
        table.keep()?;
        let cells = u32::try_from(table.cells.len()).unwrap_or(u32::MAX);
        for (met, n) in [("yes", table.hidden_cells), ("no", cells.saturating_sub(table.hidden_cells))] {
            if n > 0 {
                reporting::count_by("suppressed-share", n, [("met", met)]);
            }
        }
    }
    reporting::count("questions-answered", 1);
    if !question.answered {
        question.answered = true;
        let hours = at.seconds_since(question.described).max(0) / 3600;
        reporting::count("hours-to-answer", u32::try_from(hours).unwrap_or(u32::MAX));
    }
    // A figure for an earlier day does not make the last known one older.
    if let Some(as_of) = drawn.tables.first().map(|table| table.as_of)
        && question.last.as_ref().is_none_or(|(day, _)| *day <= as_of)
    {
        question.last = Some((as_of, drawn.tables.iter().map(|table| table.series.clone()).collect()));
    }
    QUESTIONS.save(row)?;
    Ok(drawn.tables)
}

/// What is answered where there are no new figures: the words, and the data beside them. Nobody is left without a word, and nothing is
/// made up.
pub(crate) fn instead<D: Default>(
    undrawn: Undrawn,
    question: &Question,
    today: Date,
) -> Result<(Outcome<D>, Answered), Refusal> {
    let mut data = Answered::of(question);
    let outcome = match undrawn {
        Undrawn::NeedsApproval => Outcome::new("needs-approval")
            .reason("sensitive")
            .say(
                "question-needs-approval",
                [("question", question.id().to_owned()), ("revision", question.revision.to_text())],
            )
            .next("ask-approval"),
        Undrawn::Dissolved(offered) => {
            data.offered = offered;
            Outcome::new("choose-communes").reason("unit-dissolved").say("choose-communes", []).next("name-communes")
        }
        Undrawn::Differencing(earlier) => {
            let outcome = Outcome::new("refused").reason("differencing").next("ask-the-earlier-question");
            let outcome = match &earlier {
                Some(Earlier { question, on }) => {
                    outcome.say("differencing", [("question", question.clone()), ("day", on.to_text())])
                }
                None => outcome.say("differencing-unnamed", []),
            };
            data.earlier = earlier;
            outcome
        }
        Undrawn::Down => last_known(&mut data, question, today)?.reason("source-unreachable").next("try-again-later"),
        Undrawn::NotGranted => last_known(&mut data, question, today)?.reason("not-granted").next("have-grant-checked"),
        Undrawn::Refused(refusal) => return Err(refusal),
    };
    Ok((outcome, data))
}

/// The last figures with their age; where there are none, that there are none. Never zeros.
fn last_known<D: Default>(data: &mut Answered, question: &Question, today: Date) -> Result<Outcome<D>, Refusal> {
    let Some((as_of, series)) = &question.last else {
        return Ok(Outcome::new("no-figure-yet").say("no-figure-yet", []));
    };
    let mut tables = Vec::new();
    for reference in series {
        tables.extend(Figures::kept(reference)?);
    }
    *data = Answered::of(question).with(tables);
    data.aged_days = Some(today.days_since(*as_of));
    Ok(Outcome::new("aged").say("aged", [("day", as_of.to_text())]))
}

/// The day asked for, today where none is.
pub(crate) fn checked_day(asked: Option<Date>, occasion: &Occasion) -> Result<Date, Refusal> {
    let today = occasion.local_date();
    match asked {
        Some(day) if day > today => {
            Err(Refusal::invalid("/as_of", "the day has not come yet: project it, or ask for school entry"))
        }
        Some(day) => Ok(day),
        None => Ok(today),
    }
}

fn hidden_of(drawn: &Drawn) -> u32 {
    drawn.tables.iter().fold(0, |sum, table| table.hidden_cells.saturating_add(sum))
}

fn floor_of(drawn: &Drawn) -> u32 {
    drawn.tables.first().map_or(0, |table| table.floor)
}
