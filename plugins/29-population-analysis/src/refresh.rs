//! What is due by schedule: the monthly refresh of what is published, and the school-entry forecast each March.

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use crate::draw::{self, Undrawn};
use crate::question::{QUESTIONS, Question};
use crate::run::{kept, send};
use crate::settings::Settings;

/// Most questions of one tick: each is some counts over all people. The rest comes with the next of the three days.
const MOST_A_TICK: usize = 10;
/// Most questions looked through.
const MOST_QUESTIONS: usize = 200;

/// Kind of the obstacle that the population database does not answer.
const SOURCE_DOWN: &str = "source-unreachable";

/// A series that could not be refreshed: the last one stays on its board, with its age.
#[derive(Debug, Serialize, JsonSchema)]
struct Aged {
    question: String,
    /// The day that it speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aged_days: Option<i32>,
    why: &'static str,
}

/// What a tick did.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Refreshed {
    refreshed: Vec<String>,
    aged: Vec<Aged>,
}

/// By the fifth of each month: what is published, drawn anew, the oldest first.
pub(crate) fn monthly_refresh(occasion: &Occasion) -> Result<Outcome<Refreshed>, Refusal> {
    let settings = Settings::read()?;
    let today = occasion.local_date();
    let (year, month, _) = today.parts();
    let published = QUESTIONS.first(MOST_QUESTIONS, "refresh", "")?;
    let due = published.into_iter().filter(|row| {
        row.value.last.as_ref().is_none_or(|(day, _)| {
            let (of_year, of_month, _) = day.parts();
            (of_year, of_month) < (year, month)
        })
    });
    refresh(occasion, due, &settings)
}

/// Each March: how many children enter school in September, on the board that the department names first.
pub(crate) fn school_entry_forecast(occasion: &Occasion) -> Result<Outcome<Refreshed>, Refusal> {
    let settings = Settings::read()?;
    let today = occasion.local_date();
    let questions = QUESTIONS.first(MOST_QUESTIONS, "measure", "school-entry")?;
    let first = Date::from_parts(today.parts().0, today.parts().1, 1).unwrap_or(today);
    let due = questions
        .into_iter()
        .filter(|row| row.value.board.is_none() || row.value.last.as_ref().is_none_or(|(day, _)| *day < first));
    refresh(occasion, due, &settings)
}

fn refresh(
    occasion: &Occasion,
    due: impl Iterator<Item = Row<Question>>,
    settings: &Settings,
) -> Result<Outcome<Refreshed>, Refusal> {
    let today = occasion.local_date();
    let mut data = Refreshed::default();
    let mut down = false;
    // What failed last time goes behind what has waited, so that no question keeps another from its turn.
    let mut due: Vec<Row<Question>> = due.collect();
    due.sort_by_key(|row| row.value.tried);
    due.truncate(MOST_A_TICK);
    for mut row in due {
        let why = if down { Err("source-unreachable") } else { one(&mut row, occasion, today, settings)? };
        match why {
            Ok(()) => {
                reporting::count("freshness-days", 0);
                data.refreshed.push(row.value.id().to_owned());
            }
            Err(why) => {
                down |= why == SOURCE_DOWN;
                let as_of = row.value.last.as_ref().map(|(day, _)| *day);
                let aged_days = as_of.map(|day| today.days_since(day));
                if let Some(days) = aged_days {
                    reporting::count("freshness-days", u32::try_from(days).unwrap_or(0));
                }
                if !down {
                    row.value.tried = Some(today);
                    QUESTIONS.save(&row)?;
                }
                data.aged.push(Aged { question: row.value.id().to_owned(), as_of, aged_days, why });
            }
        }
    }
    if down {
        reporting::obstacle("source-unreachable", "obstacle-source-unreachable");
    } else if !data.refreshed.is_empty() {
        reporting::resolve(SOURCE_DOWN);
    }
    let [refreshed, aged] = [&data.refreshed.len(), &data.aged.len()].map(ToText::to_text);
    let outcome = if data.aged.is_empty() {
        Outcome::new("refreshed").say("refreshed", [("n", refreshed)])
    } else {
        Outcome::new("kept-last").say("kept-last", [("n", refreshed), ("aged", aged)])
    };
    let outcome = if down { outcome.reason("source-unreachable") } else { outcome };
    Ok(outcome.data(data))
}

/// Draws and publishes one question; the inner error is why its last series stays.
fn one(
    row: &mut Row<Question>,
    occasion: &Occasion,
    today: Date,
    settings: &Settings,
) -> Result<Result<(), &'static str>, Refusal> {
    let drawn = match draw::draw(&row.value, today, today, settings) {
        Ok(drawn) => drawn,
        Err(undrawn) => {
            return Ok(Err(match undrawn {
                Undrawn::Down => SOURCE_DOWN,
                Undrawn::NeedsApproval => "sensitive",
                Undrawn::Dissolved(_) => "unit-dissolved",
                Undrawn::Differencing(_) => "differencing",
                Undrawn::NotGranted => "not-granted",
                // One question that cannot be answered does not keep the others from it.
                Undrawn::Refused(_) => "cannot-be-answered",
            }));
        }
    };
    if drawn.is_too_few() {
        return Ok(Err("too-few"));
    }
    let board = row.value.board.clone().or_else(|| settings.boards.first().cloned());
    if let Some(board) = &board {
        send(&drawn.tables, board)?;
    }
    row.value.board = board;
    kept(row, drawn, occasion.at())?;
    Ok(Ok(()))
}
