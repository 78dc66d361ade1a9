//! Counts of many people, made so that they point at nobody: floors, complementary suppression, and no two answers that isolate a commune.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use pilothouse_province::{
    Base, Cell as Shown, Dim, Filter, Label, Question, QuestionError, ResidenceKind, Suppression, UnitCode,
};
use pilothouse_registry::scope::Dimension;

use super::host::AnswerTable;
use crate::capabilities::funnel::Trouble;
use crate::contract::pilothouse::population::statistics::{Cell, Condition};
use crate::occasion::{date_of, parse_date};
use crate::province::Province;
use crate::turns::give_way;

/// Most answers that are remembered; a pilot's questions are some dozens.
const MAX_REMEMBERED: usize = 10_000;

/// People that are counted in one go: some tens of microseconds.
const PART: usize = 4_096;

/// The questions that were answered, to refuse one whose difference to an earlier one isolates a commune.
#[derive(Debug, Default)]
pub(super) struct Counting(Mutex<Vec<Answered>>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Answered {
    pilot: String,
    /// Dimensions and all conditions but the units.
    rest: String,
    units: BTreeSet<UnitCode>,
}

impl Counting {
    /// Counts in parts: between two the call gives way, and ends where its time is over.
    pub(super) async fn answer(
        &self,
        province: &Province,
        pilot: &str,
        dimensions: &[Dimension],
        conditions: &[Condition],
        minimum: u32,
        at: i64,
    ) -> Result<AnswerTable, Trouble> {
        let asked = Asked::parse(dimensions, conditions, at)?;
        self.refuse_differencing(pilot, &asked)?;
        let mut tally = province.population.tally(&asked.question).map_err(|error| {
            Trouble::Invalid(match error {
                QuestionError::TooManyDims | QuestionError::Overlapping => "dimensions",
                QuestionError::TooManyCells => "cells",
                QuestionError::UnknownUnit => "unit",
            })
        })?;
        while tally.count(PART) {
            give_way().await;
        }
        let cube = tally.cube();
        let total = cube.counts.iter().map(|count| u64::from(*count)).sum::<u64>();
        // A total below the floor is a small cell like every other.
        if (1..u64::from(minimum)).contains(&total) {
            return Err(Trouble::Suppressed("minimum".to_owned()));
        }
        let labels: Vec<Vec<String>> = cube.axes.iter().map(|axis| axis.labels.iter().map(label).collect()).collect();
        let published = Suppression { minimum, complementary: true, round_to_five: false }.publish(cube);
        let mut cells = Vec::new();
        let mut position = vec![0_usize; labels.len()];
        loop {
            let names = position.iter().zip(&labels).filter_map(|(at, axis)| axis.get(*at).cloned()).collect();
            let count = match published.cell(&position) {
                Some(Shown::Count(count)) => Some(u64::from(count)),
                Some(Shown::Suppressed) | None => None,
            };
            cells.push(Cell { labels: names, count });
            if !step(&mut position, &labels) {
                break;
            }
        }
        self.remember(pilot, asked);
        Ok(AnswerTable { cells, total, minimum })
    }

    fn refuse_differencing(&self, pilot: &str, asked: &Asked) -> Result<(), Trouble> {
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A commune that is a dimension is shown by itself anyway, under its own floor.
        if asked.by_commune || asked.units.is_empty() {
            return Ok(());
        }
        let isolates = |earlier: &Answered| {
            earlier.pilot == pilot
                && earlier.rest == asked.rest
                && earlier.units.symmetric_difference(&asked.units).count() == 1
        };
        match remembered.iter().find(|earlier| isolates(earlier)) {
            Some(earlier) => {
                let units: Vec<String> = earlier.units.iter().map(UnitCode::to_string).collect();
                Err(Trouble::Suppressed(format!("differencing: {}", units.join("+"))))
            }
            None => Ok(()),
        }
    }

    fn remember(&self, pilot: &str, asked: Asked) {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answered = Answered { pilot: pilot.to_owned(), rest: asked.rest, units: asked.units };
        if remembered.len() < MAX_REMEMBERED && !remembered.contains(&answered) {
            remembered.push(answered);
        }
    }
}

struct Asked {
    question: Question,
    rest: String,
    units: BTreeSet<UnitCode>,
    by_commune: bool,
}

impl Asked {
    fn parse(dimensions: &[Dimension], conditions: &[Condition], at: i64) -> Result<Asked, Trouble> {
        let (mut units, mut base, mut filter) = (BTreeSet::new(), Base::Current, Filter::default());
        let (mut from, mut to, mut as_of) = (None, None, date_of(at));
        for Condition { key, values } in conditions {
            let one = || match values.as_slice() {
                [value] => Ok(value.as_str()),
                _ => Err(Trouble::Invalid("conditions")),
            };
            match key.as_str() {
                "unit" => {
                    for code in values {
                        units.insert(code.parse::<UnitCode>().map_err(|_| Trouble::Invalid("unit"))?);
                    }
                }
                "age-from" => from = Some(one()?.parse::<u16>().map_err(|_| Trouble::Invalid("age-from"))?),
                "age-to" => to = Some(one()?.parse::<u16>().map_err(|_| Trouble::Invalid("age-to"))?),
                "residence" => {
                    let kind = one()?;
                    filter.residence = ResidenceKind::ALL
                        .into_iter()
                        .find(|known| known.code() == kind)
                        .ok_or(Trouble::Invalid("residence"))?;
                }
                "as-of" => {
                    as_of = parse_date(one()?).ok_or(Trouble::Invalid("as-of"))?;
                    if as_of > date_of(at) {
                        return Err(Trouble::Invalid("as-of"));
                    }
                }
                "base" => {
                    base = match one()? {
                        "2025" => Base::Current,
                        "2024" => Base::Before2025,
                        _ => return Err(Trouble::Invalid("base")),
                    }
                }
                _ => return Err(Trouble::Invalid("conditions")),
            }
        }
        let mut dims = Vec::with_capacity(dimensions.len());
        for dimension in dimensions {
            dims.push(match dimension {
                Dimension::Commune => Dim::Commune(base),
                Dimension::AgeBand => Dim::AgeBand,
                Dimension::AgeSingle => Dim::AgeSingle,
                Dimension::Sex => Dim::Sex,
                Dimension::ResidenceKind => Dim::ResidenceKind,
                Dimension::Ethnicity => Dim::Ethnicity,
                Dimension::Religion => Dim::Religion,
                // A district of before 2025 is asked for as the group of its communes.
                Dimension::DistrictBefore2025 => return Err(Trouble::Invalid("dimensions")),
            });
        }
        if from.is_some() || to.is_some() {
            filter.ages = Some((from.unwrap_or(0), to.unwrap_or(u16::MAX)));
        }
        filter.units = (!units.is_empty()).then(|| units.clone());
        let rest = format!("{dims:?}/{:?}/{:?}/{as_of}/{base:?}", filter.ages, filter.residence);
        let by_commune = dims.iter().any(|dim| matches!(dim, Dim::Commune(_)));
        Ok(Asked { question: Question { dims, filter, as_of }, rest, units, by_commune })
    }
}

fn label(label: &Label) -> String {
    match label {
        Label::Unit(code) => code.to_string(),
        Label::Ages(from, Some(to)) if from == to => from.to_string(),
        Label::Ages(from, Some(to)) => format!("{from}-{to}"),
        Label::Ages(from, None) => format!("{from}+"),
        Label::Sex(sex) => sex.code().to_owned(),
        Label::Residence(kind) => kind.code().to_owned(),
        Label::Ethnicity(group) => group.code().to_owned(),
        Label::Religion(religion) => religion.code().to_owned(),
    }
}

/// The next position, the last dimension varying fastest. False: there is none.
fn step(position: &mut [usize], labels: &[Vec<String>]) -> bool {
    for (at, axis) in position.iter_mut().zip(labels).rev() {
        *at = at.saturating_add(1);
        if *at < axis.len() {
            return true;
        }
        *at = 0;
    }
    false
}
