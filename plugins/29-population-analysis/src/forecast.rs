//! Projecting a question's people over some years: low, mid, high, with every assumption.

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::description::{Dim, Residence};
use crate::draw::{self, One, Undrawn};
use crate::measures;
use crate::projection::{self, Lines, MOST_YEARS, Rates};
use crate::question::{self, Question};
use crate::rules;
use crate::run::{Answered, instead};
use crate::settings::Settings;

/// A projection.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Project {
    id: Ref,
    /// 1 to 10.
    years: u8,
    /// Per 1,000 people a year.
    births: f64,
    /// Per 1,000 people a year.
    deaths: f64,
    /// Arrivals less departures, per 1,000 people a year.
    migration: f64,
}

/// What the lines rest on: all of it is printed with them.
#[derive(Debug, Serialize, JsonSchema)]
struct Assumptions {
    residence: Residence,
    as_of: Date,
    years: u8,
    births_per_thousand: f64,
    deaths_per_thousand: f64,
    migration_per_thousand: f64,
    /// Low and high: births and migration so much lower and higher, deaths the other way round.
    spread_percent: i64,
    /// A fifth of each five-year band goes on a year.
    ageing: &'static str,
    /// Deaths and migration are taken from each band by its size.
    deaths_and_migration: &'static str,
    /// Bands too small to be shown, among which their people are spread equally.
    hidden_bands_spread_equally: usize,
    rounded_to: u32,
}

/// The projection.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Projected {
    question: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<Lines>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assumptions: Option<Assumptions>,
    /// What stands against a projection.
    #[serde(skip_serializing_if = "Option::is_none")]
    instead: Option<Answered>,
}

/// Projects the people of a question.
pub(crate) fn project(occasion: &Occasion, req: Project) -> Result<Outcome<Projected>, Refusal> {
    let settings = Settings::read()?;
    if !(1..=MOST_YEARS).contains(&req.years) {
        return Err(Refusal::invalid("/years", "1 to 10 years"));
    }
    let rates = Rates::per_thousand(req.births, req.deaths, req.migration).ok_or_else(|| {
        Refusal::invalid("/births", "births and deaths per 1,000 are 0 to 100, migration -100 to 100")
    })?;
    let question = question::find(&req.id)?.value;
    if question.asks.ages() != (0, rules::OLDEST) {
        return Err(Refusal::invalid("/id", "a projection needs a question about all ages"));
    }
    let today = occasion.local_date();
    let bands = match all_bands(&question, today, &settings) {
        Ok(Some(bands)) => bands,
        Ok(None) => {
            let floor = settings.floor(question.asks.is_sensitive());
            return Ok(Outcome::new("too-few").say("too-few", [("floor", floor.to_text())]).next("ask-larger-area"));
        }
        Err(undrawn) => {
            let (outcome, answered) = instead(undrawn, &question, today)?;
            let data =
                Projected { question: question.id().to_owned(), instead: Some(answered), ..Projected::default() };
            return Ok(outcome.data(data));
        }
    };
    let spread = settings.projection_spread_percent;
    let lines = projection::project(&bands.people, rates, req.years, spread, settings.rounding);
    let assumptions = Assumptions {
        residence: bands.residence,
        as_of: today,
        years: req.years,
        births_per_thousand: req.births,
        deaths_per_thousand: req.deaths,
        migration_per_thousand: req.migration,
        spread_percent: spread,
        ageing: "a fifth of each five-year band goes on to the next a year; newborns enter the first",
        deaths_and_migration: "the same rate in every band",
        hidden_bands_spread_equally: bands.hidden,
        rounded_to: settings.rounding,
    };
    let at_end = |line: &projection::Line| line.people.last().copied().unwrap_or_default().to_text();
    let outcome = Outcome::new("projected").say(
        "projected",
        [
            ("years", u32::from(req.years).to_text()),
            ("low", at_end(&lines.low)),
            ("mid", at_end(&lines.mid)),
            ("high", at_end(&lines.high)),
        ],
    );
    let data = Projected {
        question: question.id().to_owned(),
        lines: Some(lines),
        assumptions: Some(assumptions),
        instead: None,
    };
    Ok(outcome.data(data))
}

/// People by five-year band.
struct Bands {
    residence: Residence,
    people: Vec<u64>,
    hidden: usize,
}

/// People by five-year band as of today, of the first kind of residence. None: too few to be told.
fn all_bands(question: &Question, today: Date, settings: &Settings) -> Result<Option<Bands>, Undrawn> {
    draw::hindrance(question, settings, today)?;
    let Some(residence) = question.asks.residence.first().copied() else { return Ok(None) };
    let one = One { question, residence, as_of: today, today, settings };
    let counts = one.count(&[Dim::AgeBand], (0, rules::OLDEST), today)?;
    let Some(total) = counts.total else { return Ok(None) };
    let known: Vec<Option<u64>> = measures::band_labels()
        .iter()
        .map(|label| counts.cells.iter().find(|cell| cell.labels.first() == Some(label)).and_then(|cell| cell.count))
        .collect();
    let (people, hidden) = spread_hidden(&known, total);
    Ok(Some(Bands { residence, people, hidden }))
}

/// Gives each hidden band an equal part of the people who are in none of the others.
fn spread_hidden(known: &[Option<u64>], total: u64) -> (Vec<u64>, usize) {
    let hidden = known.iter().filter(|count| count.is_none()).count();
    let rest = total.saturating_sub(known.iter().flatten().sum());
    let parts = u64::try_from(hidden).unwrap_or(u64::MAX).max(1);
    let mut odd = rest % parts;
    let people = known.iter().map(|count| {
        count.unwrap_or_else(|| {
            let one_more = u64::from(odd > 0);
            odd = odd.saturating_sub(1);
            rest / parts + one_more
        })
    });
    (people.collect(), hidden)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_of_hidden_bands_are_spread_and_none_is_lost() {
        let (people, hidden) = spread_hidden(&[Some(40), None, Some(20), None, None], 71);
        assert_eq!((people.as_slice(), hidden), ([40, 4, 20, 4, 3].as_slice(), 3));
        assert_eq!(spread_hidden(&[Some(40)], 40), (vec![40], 0));
    }
}
