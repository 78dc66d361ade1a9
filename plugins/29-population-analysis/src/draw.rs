//! Drawing figures: what stands against an answer, the counts of the population database, and the figures worked out of them.

use std::collections::BTreeMap;

use pilothouse_sdk::population::{Cell, Condition, Dimension};
use pilothouse_sdk::prelude::*;

use crate::answers::{Answers, Earlier};
use crate::description::{Dim, Measure, Residence};
use crate::figures::{self, Figure, Figures, Scale, Units};
use crate::measures;
use crate::question::Question;
use crate::rules::{self, Counted};
use crate::settings::{Bases, Hectares, Settings};

/// Most cells of a table: a series has at most 2,000 points, with its total and hidden people.
pub(crate) const MOST_CELLS: u32 = 1_990;

/// Why there are no figures.
#[derive(Debug)]
pub(crate) enum Undrawn {
    /// A sensitive question that the working group has not approved.
    NeedsApproval,
    /// Units that went into others since, with these.
    Dissolved(BTreeMap<String, Vec<UnitCode>>),
    /// With an earlier answer, it would uncover a small group. None: only the host knows which.
    Differencing(Option<Earlier>),
    /// The population database does not answer now.
    Down,
    /// The grant does not cover the question.
    NotGranted,
    /// The request is wrong.
    Refused(Refusal),
}

impl From<Refusal> for Undrawn {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Denial> for Undrawn {
    fn from(denial: Denial) -> Self {
        match denial.kind() {
            _ if denial.is_temporary() => Self::Down,
            DenialKind::Suppressed => Self::Differencing(None),
            DenialKind::NotGranted
            | DenialKind::FieldNotGranted
            | DenialKind::PurposeMismatch
            | DenialKind::OutOfUnit => Self::NotGranted,
            _ => Self::Refused(denial.into()),
        }
    }
}

/// The figures of a question.
#[derive(Debug, Default)]
pub(crate) struct Drawn {
    pub(crate) tables: Vec<Figures>,
    /// What a reader must know: reason codes.
    pub(crate) notes: Vec<&'static str>,
    /// Whether old and new units add up to the same; none where only one base was asked for.
    pub(crate) sums_equal: Option<bool>,
}

impl Drawn {
    /// Whether no table has a total that may be told.
    pub(crate) fn is_too_few(&self) -> bool {
        self.tables.iter().all(|table| table.total.is_none())
    }

    fn note(&mut self, code: &'static str) {
        if !self.notes.contains(&code) {
            self.notes.push(code);
        }
    }
}

/// What the host counted.
pub(crate) struct Counts {
    pub(crate) cells: Vec<Cell>,
    /// None: fewer than the smallest cell in all.
    pub(crate) total: Option<u64>,
    pub(crate) minimum: u32,
}

/// What stands against any answer to this question today.
pub(crate) fn hindrance(question: &Question, settings: &Settings, today: Date) -> Result<(), Undrawn> {
    if !question.is_usable(settings, today) {
        return Err(Undrawn::NeedsApproval);
    }
    let outdated = question.outdated_units(today)?;
    if outdated.is_empty() { Ok(()) } else { Err(Undrawn::Dissolved(outdated)) }
}

/// Draws all figures of a question as of a day.
pub(crate) fn draw(question: &Question, as_of: Date, today: Date, settings: &Settings) -> Result<Drawn, Undrawn> {
    hindrance(question, settings, today)?;
    let mut drawn = Drawn::default();
    for residence in question.asks.residence.iter().copied() {
        One { question, residence, as_of, today, settings }.draw(&mut drawn)?;
    }
    if drawn.tables.iter().any(|table| table.hidden_cells > 0) {
        drawn.note("cells-hidden");
    }
    Ok(drawn)
}

/// One question about one kind of residence.
pub(crate) struct One<'a> {
    pub(crate) question: &'a Question,
    pub(crate) residence: Residence,
    pub(crate) as_of: Date,
    pub(crate) today: Date,
    pub(crate) settings: &'a Settings,
}

impl One<'_> {
    fn draw(&self, drawn: &mut Drawn) -> Result<(), Undrawn> {
        let asks = &self.question.asks;
        let mut dims: Vec<Dim> = asks.dims.clone();
        let (mut counted_on, mut ages) = (self.as_of, asks.ages());
        match asks.measure {
            Measure::SchoolEntry => {
                let cohort = rules::school_entry(self.as_of, self.settings.school_age)
                    .ok_or_else(|| Refusal::invalid("/as_of", "nobody of that cohort is born yet"))?;
                (counted_on, ages) = (cohort.counted_on, (cohort.age, cohort.age));
                drawn.note("by-year-of-birth");
            }
            Measure::Dependency => dims.push(Dim::AgeBand),
            Measure::Count | Measure::Density | Measure::Share | Measure::Growth => {}
        }
        let counts = self.count(&dims, ages, counted_on)?;
        let mut merged = Figures::empty(asks, self.residence, Units::Merged, self.as_of, counted_on, self.today);
        self.work_out(&counts, ages, &mut merged, drawn)?;
        let old = match asks.commune_place().filter(|_| self.settings.bases == Bases::Both) {
            // A year's change of an old commune would tell its hidden count of a year before.
            Some(_) if asks.measure == Measure::Growth => {
                drawn.note("old-units-left-out");
                None
            }
            Some(place) => self.before_merger(&dims, ages, counted_on, place, &counts, drawn)?,
            None => None,
        };
        drawn.tables.push(merged);
        drawn.tables.extend(old);
        Ok(())
    }

    /// Counts on today's units, unless an earlier answer forbids it, and remembers the answer.
    pub(crate) fn count(&self, dims: &[Dim], ages: (u8, u8), on: Date) -> Result<Counts, Undrawn> {
        let asks = &self.question.asks;
        let answers = Answers::about(self.residence)?;
        let by_commune = asks.commune_place().is_some() && dims.contains(&Dim::Commune);
        let mut counted = Counted { units: asks.all_units(), ages, on, by_commune, cells: 1 };
        if let Some(earlier) = answers.one_commune_apart(&counted) {
            return Err(Undrawn::Differencing(Some(earlier)));
        }
        let counts = ask(dims, asks.named_units(), ages, self.residence, on, Units::Merged)?;
        let floor = self.settings.floor(asks.is_sensitive());
        if counts.minimum < floor && counts.total.is_some() {
            return Err(Refusal::new("floor-too-low")
                .because("the grant shows smaller cells than the department's setting: have the grant narrowed")
                .into());
        }
        counted.cells = u32::try_from(counts.cells.len()).unwrap_or(u32::MAX).max(1);
        if let Some(total) = counts.total
            && let Some(earlier) =
                answers.small_group_apart(&counted, total, counts.minimum, self.settings.differencing_days)
        {
            return Err(Undrawn::Differencing(Some(earlier)));
        }
        answers.remember(self.question.id(), self.question.revision, counted, counts.total)?;
        Ok(counts)
    }

    /// The same by the units of before the merger, hiding what both tables together would uncover. None where that table is too large.
    fn before_merger(
        &self,
        dims: &[Dim],
        ages: (u8, u8),
        on: Date,
        place: usize,
        new: &Counts,
        drawn: &mut Drawn,
    ) -> Result<Option<Figures>, Undrawn> {
        let asks = &self.question.asks;
        let mut made_of = BTreeMap::new();
        for unit in asks.all_units() {
            let olds = places::predecessors(&unit)?.iter().map(ToString::to_string).collect::<Vec<_>>();
            made_of.insert(unit.to_string(), olds);
        }
        let olds = made_of.values().flatten().filter_map(|unit| UnitCode::parse(unit).ok()).collect();
        let mut counts = match ask(dims, Some(olds), ages, self.residence, on, Units::BeforeMerger) {
            Err(Undrawn::Refused(refusal)) if refusal.code() == "too-many-cells" => {
                drawn.note("old-units-left-out");
                return Ok(None);
            }
            counts => counts?,
        };
        measures::nest(&mut counts.cells, &new.cells, place, &made_of);
        let equal = counts.total == new.total;
        drawn.sums_equal = Some(drawn.sums_equal.unwrap_or(true) && equal);
        if !equal {
            drawn.note("sums-differ");
        }
        let mut figures = Figures::empty(asks, self.residence, Units::BeforeMerger, self.as_of, on, self.today);
        self.work_out(&counts, ages, &mut figures, drawn)?;
        Ok(Some(figures))
    }

    /// The figures of the question's measure, from counts.
    fn work_out(
        &self,
        counts: &Counts,
        ages: (u8, u8),
        figures: &mut Figures,
        drawn: &mut Drawn,
    ) -> Result<(), Undrawn> {
        let asks = &self.question.asks;
        figures.floor = counts.minimum.max(self.settings.floor(asks.is_sensitive()));
        let Some(total) = counts.total else {
            drawn.note("too-few");
            return Ok(());
        };
        let shown: u64 = counts.cells.iter().filter_map(|cell| cell.count).sum();
        let hidden = total.checked_sub(shown).ok_or_else(|| {
            Refusal::new("sums-do-not-fit")
                .because("the cells add up to more than the total: ask the operator of the host")
        })?;
        let mut cells = counts.cells.clone();
        if let Some(place) = asks.dims.iter().position(|dim| *dim == Dim::AgeBand) {
            cells = measures::merge_bands(cells, place, &self.settings.bands);
        }
        let people = |cell: &Cell| cell.count.and_then(|count| i64::try_from(count).ok());
        let to_figures = |value: &dyn Fn(&Cell) -> Option<i64>| -> Vec<Figure> {
            cells.iter().map(|cell| Figure { labels: cell.labels.clone(), value: value(cell) }).collect()
        };
        (figures.scale, figures.cells) = match asks.measure {
            Measure::Count | Measure::SchoolEntry => (Scale::People, to_figures(&people)),
            Measure::Share => (Scale::TenthsOfPercent, to_figures(&|cell| measures::share(cell.count?, total))),
            Measure::Density => {
                let on = self.area_day(figures.base);
                let area = |cell: &Cell| self.settings.hectares(cell.labels.first().map_or("", String::as_str), on);
                if cells.iter().any(|cell| area(cell) == Hectares::Unknown) {
                    drawn.note("area-unknown");
                }
                if cells.iter().any(|cell| area(cell) == Hectares::Zero) {
                    drawn.note("area-zero");
                }
                let value = |cell: &Cell| match area(cell) {
                    Hectares::Known(hectares) => measures::density(cell.count?, hectares),
                    Hectares::Unknown | Hectares::Zero => None,
                };
                (Scale::PeoplePerKm2, to_figures(&value))
            }
            Measure::Dependency => {
                let ratios = measures::dependency(&cells);
                let cells = ratios.into_iter().map(|(labels, value)| Figure { labels, value }).collect();
                (Scale::TenthsPerHundred, cells)
            }
            Measure::Growth => {
                let earlier = self.a_year_before(ages)?;
                let value = |cell: &Cell| measures::growth(*earlier.get(&cell.labels)?, cell.count?);
                (Scale::TenthsOfPercent, to_figures(&value))
            }
        };
        figures.hidden_cells =
            u32::try_from(cells.iter().filter(|cell| cell.count.is_none()).count()).unwrap_or(u32::MAX);
        let rounding = self.settings.rounding;
        (figures.total, figures.hidden_people) = if figures.scale == Scale::People {
            // Bands joined after the count may have hidden more.
            let shown: u64 = cells.iter().filter_map(|cell| cell.count).sum();
            let (total, hidden) = figures::round_people(&mut figures.cells, total.saturating_sub(shown), rounding);
            (Some(total), Some(hidden))
        } else {
            (Some(rules::rounded(total, rounding)), Some(rules::rounded(hidden, rounding)))
        };
        Ok(())
    }

    /// Units have the area that they had on the day; those of before the merger, on their last day at the latest.
    fn area_day(&self, base: Units) -> Date {
        match base {
            Units::Merged => self.as_of.max(rules::merger()),
            Units::BeforeMerger => self.as_of.min(rules::merger().plus_days(-1)),
        }
    }

    /// What was counted a year before, by labels, in the cells that may be shown.
    fn a_year_before(&self, ages: (u8, u8)) -> Result<BTreeMap<Vec<String>, u64>, Undrawn> {
        let dims = &self.question.asks.dims;
        let before = self.count(dims, ages, rules::year_before(self.as_of))?;
        let cells = match dims.iter().position(|dim| *dim == Dim::AgeBand) {
            Some(place) => measures::merge_bands(before.cells, place, &self.settings.bands),
            None => before.cells,
        };
        Ok(cells.into_iter().filter_map(|cell| Some((cell.labels, cell.count?))).collect())
    }
}

/// Asks the population database.
fn ask(
    dims: &[Dim],
    units: Option<Vec<UnitCode>>,
    ages: (u8, u8),
    residence: Residence,
    on: Date,
    base: Units,
) -> Result<Counts, Undrawn> {
    let dimensions: Vec<Dimension> = dims.iter().map(|dim| dim.dimension()).collect();
    let mut conditions =
        vec![Condition::Residence(residence.kind()), Condition::AsOf(on), Condition::Base(base.base())];
    conditions.extend(units.map(Condition::Units));
    // The table by single years ends by itself.
    if ages.0 > 0 {
        conditions.push(Condition::AgeFrom(ages.0));
    }
    if ages.1 < rules::OLDEST {
        conditions.push(Condition::AgeTo(ages.1));
    }
    match population::count(&dimensions, conditions) {
        Ok(counts) if counts.size() > MOST_CELLS => Err(Refusal::new("too-many-cells")
            .because("more cells than a series has points: leave a dimension out, or name fewer communes")
            .into()),
        Ok(counts) => {
            let (total, minimum) = (Some(counts.total()), counts.minimum());
            Ok(Counts { cells: counts.cells(MOST_CELLS as usize), total, minimum })
        }
        // Fewer people in all than the smallest cell is an answer.
        Err(denial) if denial.kind() == DenialKind::Suppressed && denial.about() == "minimum" => {
            Ok(Counts { cells: Vec::new(), total: None, minimum: 0 })
        }
        Err(denial) => Err(denial.into()),
    }
}
