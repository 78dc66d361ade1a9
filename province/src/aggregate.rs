//! Counting people: raw counts by up to three dimensions in one pass.
//!
//! What comes out is exact and therefore not fit to be shown: [`crate::Suppression`] makes it publishable.

use std::collections::BTreeSet;

use pilothouse_identity::Sex;
use time::Date;

use crate::day::Day;
use crate::facts::{Ethnicity, Religion};
use crate::people::{Household, NO_PLACE, Person, Place, Population};
use crate::units::UnitCode;

/// Most dimensions of one question: a table with more cannot be read, and nearly every cell is small.
pub const MAX_DIMS: usize = 3;

/// Most cells of one answer. 145 communes by 18 bands by 7 groups are 18,270.
pub const MAX_CELLS: usize = 50_000;

/// Width of an age band in years.
const BAND: u16 = 5;

/// First age of the open band.
const OPEN_BAND: u16 = 85;

/// Oldest age of the single years: school ages.
const LAST_SINGLE: u16 = 18;

/// Which units places are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Base {
    /// The communes since 1 July 2025.
    Current,
    /// The communes of 30 June 2025.
    Before2025,
}

/// Which residence a count is about. They differ most in communes with industry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResidenceKind {
    /// Registered permanently.
    Permanent,
    /// Registered temporarily.
    Temporary,
    /// Present.
    Current,
}

impl ResidenceKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Permanent, Self::Temporary, Self::Current];

    /// The stable code in interfaces.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Permanent => "permanent",
            Self::Temporary => "temporary",
            Self::Current => "current",
        }
    }
}

/// A dimension of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dim {
    /// Commune, in one base; both bases in one question are refused.
    Commune(Base),
    /// Five years, the last band open from 85.
    AgeBand,
    /// Single years from 0 to 18; older people are left out.
    AgeSingle,
    /// Sex.
    Sex,
    /// Permanent, temporary, current. The same person is in several of them, so they have no total.
    ResidenceKind,
    /// Ethnic group: sensitive.
    Ethnicity,
    /// Religion: sensitive.
    Religion,
}

impl Dim {
    /// Whether the dimension is sensitive data (Decree 356/2025/NĐ-CP Article 4).
    #[must_use]
    pub const fn is_sensitive(self) -> bool {
        matches!(self, Self::Ethnicity | Self::Religion)
    }

    /// Whether its cells add up to a total that means something.
    #[must_use]
    pub const fn is_additive(self) -> bool {
        !matches!(self, Self::ResidenceKind)
    }
}

/// Who is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Only these communes, in the base of the dimension, or the current one; `None` is the whole area.
    pub units: Option<BTreeSet<UnitCode>>,
    /// First and last age in whole years.
    pub ages: Option<(u16, u16)>,
    /// Which residence counts where it is not a dimension itself.
    pub residence: ResidenceKind,
}

impl Default for Filter {
    fn default() -> Self {
        Self { units: None, ages: None, residence: ResidenceKind::Permanent }
    }
}

/// A question about many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// At most [`MAX_DIMS`], each once.
    pub dims: Vec<Dim>,
    /// Who is counted.
    pub filter: Filter,
    /// The day for ages, births, deaths and moves.
    pub as_of: Date,
}

/// Why a question is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuestionError {
    /// More than [`MAX_DIMS`].
    #[error("a question has at most {MAX_DIMS} dimensions: ask two questions")]
    TooManyDims,
    /// The same dimension twice, or two that overlap (both bases, both kinds of age).
    #[error("two dimensions say the same: leave one out")]
    Overlapping,
    /// More than [`MAX_CELLS`].
    #[error("the answer would have more than {MAX_CELLS} cells: leave a dimension out, or name fewer communes")]
    TooManyCells,
    /// A commune of the filter is none of the base's.
    #[error("a commune of the filter does not exist in this base: use the codes of the units in force then")]
    UnknownUnit,
}

/// The name of one position along a dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Label {
    /// A commune.
    Unit(UnitCode),
    /// Ages from the first to the last; `None` is open.
    Ages(u16, Option<u16>),
    /// Sex.
    Sex(Sex),
    /// Kind of residence.
    Residence(ResidenceKind),
    /// Ethnic group.
    Ethnicity(Ethnicity),
    /// Religion.
    Religion(Religion),
}

/// A dimension of an answer with the names of its positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// The dimension.
    pub dim: Dim,
    /// Its positions, in order.
    pub labels: Vec<Label>,
}

/// Exact counts, the last dimension varying fastest. Not to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cube {
    /// The dimensions; none means one single count.
    pub axes: Vec<Axis>,
    /// One count for each combination.
    pub counts: Vec<u32>,
}

impl Population {
    /// Counts people.
    ///
    /// A date of birth without day counts as the youngest age that it allows. As-of days reach back over the moves and
    /// deaths that the register knows; people who died before that are no longer in it.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn aggregate(&self, question: &Question) -> Result<Cube, QuestionError> {
        let mut tally = self.tally(question)?;
        while tally.count(usize::MAX) {}
        Ok(tally.cube())
    }

    /// Begins to count people, for whoever counts them in parts.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn tally<'p>(&'p self, question: &'p Question) -> Result<Tally<'p>, QuestionError> {
        let plan = Plan::of(self, question)?;
        let counts = vec![0; plan.cells];
        Ok(Tally { population: self, question, plan, counts, done: 0 })
    }
}

/// A count that is under way.
pub struct Tally<'p> {
    population: &'p Population,
    question: &'p Question,
    plan: Plan,
    counts: Vec<u32>,
    done: usize,
}

impl Tally<'_> {
    /// Counts so many people more. False: all are counted.
    pub fn count(&mut self, people: usize) -> bool {
        let Tally { population, question, plan, counts, done } = self;
        let rest = population.people.get(*done..).unwrap_or_default();
        let part = rest.get(..people).unwrap_or(rest);
        *done += part.len();
        let as_of = Day::of(question.as_of);
        for person in part {
            if person.died != Day::NONE && person.died <= as_of || is_unborn(person, question.as_of) {
                continue;
            }
            let age = person.born.ages_on(question.as_of).least;
            if question.filter.ages.is_some_and(|(first, last)| age < first || age > last) {
                continue;
            }
            let Some(household) = population.households.get(person.household as usize) else { continue };
            for kind in plan.kinds() {
                let place = place(person, household, kind, as_of);
                if let Some(cell) = plan.cell(person, place, age, kind).and_then(|cell| counts.get_mut(cell)) {
                    *cell += 1;
                }
            }
        }
        part.len() < rest.len()
    }

    /// What was counted.
    pub fn cube(self) -> Cube {
        Cube { axes: self.plan.axes, counts: self.counts }
    }
}

/// A question made ready for the pass over the people.
struct Plan {
    axes: Vec<Axis>,
    cells: usize,
    /// Position of each place along the commune axis, or 0; `None` is filtered out.
    places: Vec<Option<usize>>,
    by_residence: bool,
    residence: ResidenceKind,
}

impl Plan {
    fn of(population: &Population, question: &Question) -> Result<Self, QuestionError> {
        let dims = &question.dims;
        if dims.len() > MAX_DIMS {
            return Err(QuestionError::TooManyDims);
        }
        let kind_of = |dim: &Dim| match dim {
            Dim::Commune(_) => 0,
            Dim::AgeBand | Dim::AgeSingle => 1,
            Dim::Sex => 2,
            Dim::ResidenceKind => 3,
            Dim::Ethnicity => 4,
            Dim::Religion => 5,
        };
        if dims.iter().map(kind_of).collect::<BTreeSet<_>>().len() != dims.len() {
            return Err(QuestionError::Overlapping);
        }
        let base = dims.iter().find_map(|dim| if let Dim::Commune(base) = dim { Some(*base) } else { None });
        let base = base.unwrap_or(Base::Current);
        let mut codes = population.communes.codes(base).to_vec();
        if let Some(asked) = &question.filter.units {
            if asked.iter().any(|code| codes.binary_search(code).is_err()) {
                return Err(QuestionError::UnknownUnit);
            }
            codes.retain(|code| asked.contains(code));
        }
        let place_count = population.communes.codes(Base::Before2025).len();
        let places = (0..place_count)
            .map(|place| {
                population.communes.code(place as Place, base).and_then(|code| codes.binary_search(&code).ok())
            })
            .collect();
        let axes: Vec<Axis> = dims.iter().map(|dim| Axis { dim: *dim, labels: labels(*dim, &codes) }).collect();
        let cells = axes.iter().map(|axis| axis.labels.len()).product();
        if cells > MAX_CELLS {
            return Err(QuestionError::TooManyCells);
        }
        let by_residence = dims.contains(&Dim::ResidenceKind);
        Ok(Self { axes, cells, places, by_residence, residence: question.filter.residence })
    }

    fn kinds(&self) -> impl Iterator<Item = ResidenceKind> + use<> {
        let (all, one) = (self.by_residence, self.residence);
        ResidenceKind::ALL.into_iter().filter(move |kind| all || *kind == one)
    }

    /// The cell of a person, or `None` if the person is not in the table.
    fn cell(&self, person: &Person, place: Place, age: u16, kind: ResidenceKind) -> Option<usize> {
        let unit = (*self.places.get(usize::from(place))?)?;
        self.axes.iter().try_fold(0, |cell, axis| {
            let position = match axis.dim {
                Dim::Commune(_) => unit,
                Dim::AgeBand => usize::from(age.min(OPEN_BAND) / BAND),
                Dim::AgeSingle => usize::from(age),
                Dim::Sex => person.sex as usize,
                Dim::ResidenceKind => kind as usize,
                Dim::Ethnicity => person.ethnicity as usize,
                Dim::Religion => person.religion as usize,
            };
            (position < axis.labels.len()).then(|| cell * axis.labels.len() + position)
        })
    }
}

fn labels(dim: Dim, codes: &[UnitCode]) -> Vec<Label> {
    match dim {
        Dim::Commune(_) => codes.iter().copied().map(Label::Unit).collect(),
        Dim::AgeBand => (0..=OPEN_BAND / BAND)
            .map(|band| Label::Ages(band * BAND, (band * BAND < OPEN_BAND).then_some(band * BAND + BAND - 1)))
            .collect(),
        Dim::AgeSingle => (0..=LAST_SINGLE).map(|age| Label::Ages(age, Some(age))).collect(),
        Dim::Sex => vec![Label::Sex(Sex::Male), Label::Sex(Sex::Female)],
        Dim::ResidenceKind => ResidenceKind::ALL.into_iter().map(Label::Residence).collect(),
        Dim::Ethnicity => Ethnicity::ALL.iter().copied().map(Label::Ethnicity).collect(),
        Dim::Religion => Religion::ALL.iter().copied().map(Label::Religion).collect(),
    }
}

fn place(person: &Person, household: &Household, kind: ResidenceKind, as_of: Day) -> Place {
    let had_moved = household.moved == Day::NONE || household.moved <= as_of;
    match kind {
        ResidenceKind::Permanent if had_moved => household.place,
        ResidenceKind::Permanent => household.moved_from,
        ResidenceKind::Temporary if had_moved => person.temporary,
        ResidenceKind::Temporary => NO_PLACE,
        ResidenceKind::Current if had_moved || person.current != household.place => person.current,
        ResidenceKind::Current => household.moved_from,
    }
}

fn is_unborn(person: &Person, as_of: Date) -> bool {
    match person.born.to_date() {
        Some(born) => born > as_of,
        None => i32::from(person.born.year()) > as_of.year(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use time::{Date, macros::date};

    use super::{Base, Dim, Filter, Label, Population, Question, QuestionError, ResidenceKind};
    use crate::units::{MERGER, Places};

    const TODAY: Date = date!(2026 - 12 - 01);

    fn ask(population: &Population, dims: &[Dim]) -> super::Cube {
        population.aggregate(&question(dims)).unwrap()
    }

    fn question(dims: &[Dim]) -> Question {
        Question { dims: dims.to_vec(), filter: Filter::default(), as_of: TODAY }
    }

    fn total(cube: &super::Cube) -> u32 {
        cube.counts.iter().sum()
    }

    #[test]
    fn every_dimension_counts_the_same_people() {
        let population = Population::generate(7, 3_000, TODAY);
        let all = ask(&population, &[]).counts[0];
        assert!((2_900..3_000).contains(&all), "{all}: all but the dead");
        for dims in [
            &[Dim::Commune(Base::Current)][..],
            &[Dim::Commune(Base::Before2025), Dim::Sex],
            &[Dim::AgeBand, Dim::Sex, Dim::Ethnicity],
            &[Dim::Religion],
        ] {
            assert_eq!(total(&ask(&population, dims)), all, "{dims:?}");
        }
    }

    #[test]
    fn both_bases_of_communes_have_equal_sums_along_the_map() {
        let population = Population::generate(7, 5_000, TODAY);
        let counts = |base| -> BTreeMap<_, u32> {
            let cube = ask(&population, &[Dim::Commune(base)]);
            let codes = cube.axes[0].labels.iter().map(|label| match label {
                Label::Unit(code) => *code,
                other => panic!("{other:?}"),
            });
            codes.zip(cube.counts.clone()).collect()
        };
        let (old, new) = (counts(Base::Before2025), counts(Base::Current));
        assert_eq!((old.len(), new.len()), (145, 41));
        for (code, count) in new {
            let parts = Places::embedded().predecessors(code, MERGER);
            assert_eq!(parts.iter().map(|part| old[&part.code]).sum::<u32>(), count, "{code}");
        }
    }

    #[test]
    fn single_ages_and_bands_agree() {
        let population = Population::generate(7, 3_000, TODAY);
        let single = ask(&population, &[Dim::AgeSingle]);
        let bands = ask(&population, &[Dim::AgeBand]);
        assert_eq!((single.counts.len(), bands.counts.len()), (19, 18));
        assert_eq!(single.counts[5..10].iter().sum::<u32>(), bands.counts[1]);
        let filter = Filter { ages: Some((5, 9)), ..Filter::default() };
        let filtered = population.aggregate(&Question { filter, ..question(&[]) }).unwrap();
        assert_eq!(filtered.counts, [bands.counts[1]]);
    }

    #[test]
    fn kinds_of_residence_are_counted_apart() {
        let population = Population::generate(7, 3_000, TODAY);
        let cube = ask(&population, &[Dim::ResidenceKind]);
        assert!(cube.counts[0] > cube.counts[2] && cube.counts[2] > cube.counts[1] && cube.counts[1] > 0);
        for (kind, count) in ResidenceKind::ALL.into_iter().zip(cube.counts) {
            let filter = Filter { residence: kind, ..Filter::default() };
            assert_eq!(population.aggregate(&Question { filter, ..question(&[]) }).unwrap().counts, [count]);
        }
    }

    #[test]
    fn an_earlier_day_counts_those_who_lived_there_then() {
        let population = Population::generate(7, 5_000, TODAY);
        let dims = [Dim::Commune(Base::Current)];
        let now = ask(&population, &dims);
        let before = population.aggregate(&Question { as_of: date!(2025 - 08 - 01), ..question(&dims) }).unwrap();
        assert_ne!(now.counts, before.counts);
        let toddlers = Question { as_of: date!(2025 - 08 - 01), ..question(&[Dim::AgeSingle]) };
        assert!(total(&population.aggregate(&toddlers).unwrap()) > 0);
    }

    #[test]
    fn questions_that_cannot_be_answered_are_refused() {
        let population = Population::generate(7, 100, TODAY);
        let refused = |dims: &[Dim]| population.aggregate(&question(dims)).err();
        let four = [Dim::Sex, Dim::Religion, Dim::Ethnicity, Dim::AgeBand];
        assert_eq!(refused(&four), Some(QuestionError::TooManyDims));
        assert_eq!(refused(&[Dim::Sex, Dim::Sex]), Some(QuestionError::Overlapping));
        assert_eq!(refused(&[Dim::AgeBand, Dim::AgeSingle]), Some(QuestionError::Overlapping));
        let filter = Filter { units: Some(["19183".parse().unwrap()].into()), ..Filter::default() };
        let old_code = Question { filter: filter.clone(), ..question(&[]) };
        assert_eq!(population.aggregate(&old_code).err(), Some(QuestionError::UnknownUnit));
        let right_base = Question { filter, ..question(&[Dim::Commune(Base::Before2025)]) };
        assert_eq!(population.aggregate(&right_base).unwrap().counts.len(), 1);
    }
}
