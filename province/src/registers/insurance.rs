//! The register of Social Insurance: who is insured, as what, until when, and where they are to be treated first.

use pilothouse_identity::{BirthDate, FullName, PartialDate};
use time::{Date, Duration, Month};

use super::{Entry, FieldValue, Register, day};
use crate::aggregate::Base;
use crate::day::years_after;
use crate::draw::Draw;
use crate::facilities::{FacilityClass, insurance_code};
use crate::facts::{Ethnicity, Life, PolicyGroup};
use crate::names;
use crate::people::{PersonView, Population};

/// Stream of chance of this register.
const STREAM: u64 = 2_001;

/// Share of the insured in 10,000 (705,529 people, 93.71 %, by the end of November 2022).
const INSURED: u32 = 9_400;

pub(super) fn entry(population: &Population, view: &PersonView<'_>) -> Option<Entry> {
    let mut draw = Draw::new(population.seed(), STREAM, u64::from(view.key().raw()));
    if !draw.chance(INSURED) {
        return None;
    }
    let today = population.today();
    let age = view.born().ages_on(today).least;
    let group = ObjectGroup::of(&mut draw, view, age, today);
    let (from, until) = validity(&mut draw, view, group, age, today);
    let number = card_number(&mut draw, view, group)?;
    let name = view.name()?;
    let other_spelling = names::two_spellings(name.reveal()).filter(|_| draw.chance(2_500));
    let name = other_spelling.and_then(|other| FullName::parse(&other).ok()).unwrap_or(name);
    let values = vec![
        FieldValue::Text(number),
        FieldValue::Name(name),
        FieldValue::Born(BirthDate::new(birth(&mut draw, view.born().reveal()))),
        FieldValue::Text(view.sex().code().to_owned()),
        FieldValue::Date(from),
        FieldValue::Date(until),
        FieldValue::Whole(group.percent()),
        FieldValue::Text(initial_facility(population, &mut draw, view)?),
        FieldValue::Text(group.code().to_owned()),
    ];
    Some(Entry { register: Register::HealthInsurance, version: 1 + draw.below(4), values })
}

/// The station of the commune, or a hospital.
fn initial_facility(population: &Population, draw: &mut Draw, view: &PersonView<'_>) -> Option<String> {
    let codes = population.communes.codes(Base::Current);
    let station = codes.binary_search(&view.permanent_unit(Base::Current)?).ok()?;
    let hospital = draw.between(1, 12);
    if draw.chance(3_000) {
        insurance_code(FacilityClass::Hospital, hospital)
    } else {
        insurance_code(FacilityClass::CommuneStation, station as u32 + 1)
    }
}

/// Object group of the health insurance (Decision 1351/QĐ-BHXH), the most frequent ones.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ObjectGroup {
    ChildUnderSix,
    PoorHousehold,
    NearPoor,
    MinorityInDifficultArea,
    Pupil,
    Student,
    Pensioner,
    SocialProtection,
    Enterprise,
    CivilServant,
    Household,
}

impl ObjectGroup {
    fn of(draw: &mut Draw, view: &PersonView<'_>, age: u16, today: Date) -> Self {
        let point = draw.below(100);
        let policy = view.policy().map(|(group, _)| group);
        let minority = matches!(view.ethnicity(), Ethnicity::BruVanKieu | Ethnicity::Chut);
        match (age, policy) {
            (0..6, _) => Self::ChildUnderSix,
            (_, Some(PolicyGroup::Poor)) => Self::PoorHousehold,
            (_, Some(PolicyGroup::NearPoor)) if today.year() >= 2021 => Self::NearPoor,
            _ if minority => Self::MinorityInDifficultArea,
            (6..18, _) => Self::Pupil,
            (18..23, _) if point < 60 => Self::Student,
            (60.., _) if point < 40 => Self::Pensioner,
            (80.., _) => Self::SocialProtection,
            (18..60, _) if point < 30 => Self::Enterprise,
            (23..60, _) if point < 42 => Self::CivilServant,
            _ => Self::Household,
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::ChildUnderSix => "TE",
            Self::PoorHousehold => "HN",
            Self::NearPoor => "CN",
            Self::MinorityInDifficultArea => "DT",
            Self::Pupil => "HS",
            Self::Student => "SV",
            Self::Pensioner => "HT",
            Self::SocialProtection => "BT",
            Self::Enterprise => "DN",
            Self::CivilServant => "HC",
            Self::Household => "GD",
        }
    }

    /// The digit of the benefit level on old cards.
    const fn level(self) -> u8 {
        match self {
            Self::ChildUnderSix => 1,
            Self::PoorHousehold | Self::MinorityInDifficultArea | Self::SocialProtection => 2,
            Self::NearPoor | Self::Pensioner => 3,
            Self::Pupil | Self::Student | Self::Enterprise | Self::CivilServant | Self::Household => 4,
        }
    }

    const fn percent(self) -> u32 {
        match self.level() {
            1 | 2 => 100,
            3 => 95,
            _ => 80,
        }
    }
}

fn validity(draw: &mut Draw, view: &PersonView<'_>, group: ObjectGroup, age: u16, today: Date) -> (Date, Date) {
    let year_start = day(today.year(), Month::January, 1, today);
    let (point, days) = (draw.below(10_000), i64::from(draw.between(20, 364)));
    let born = view.born().reveal();
    let from = born.to_date().filter(|born| age < 6 && *born > year_start).unwrap_or(year_start);
    if let Life::Died(on) = view.life() {
        return (day(on.year(), Month::January, 1, on), on);
    }
    let ended = match point {
        _ if group == ObjectGroup::ChildUnderSix => None,
        0..60 => Some(today - Duration::DAY),
        60..180 => Some(today - Duration::days(30)),
        180..300 => Some(today - Duration::days(days)),
        _ => None,
    };
    if let Some(until) = ended {
        return (years_after(until, -1) + Duration::DAY, until);
    }
    let until = match group {
        // Children keep the card until the end of September of the year in which they go to school.
        ObjectGroup::ChildUnderSix => day(i32::from(born.year()) + 6, Month::September, 30, today).max(today),
        ObjectGroup::Household => return (today - Duration::days(364 - days), today + Duration::days(days)),
        _ => day(today.year(), Month::December, 31, today),
    };
    (from, until)
}

/// Three generations stand side by side: fifteen characters until March 2021, ten digits, and since August 2025 the personal number.
fn card_number(draw: &mut Draw, view: &PersonView<'_>, group: ObjectGroup) -> Option<String> {
    // The ten digits of made-up people begin with 4499.
    let ten = format!("4499{:06}", view.key().raw() % 1_000_000);
    match draw.below(100) {
        0..25 => Some(format!("{}{}44{ten}", group.code(), group.level())),
        25..60 => Some(ten),
        _ => view.number().map(|number| number.reveal().to_owned()),
    }
}

fn birth(draw: &mut Draw, born: PartialDate) -> PartialDate {
    let point = draw.below(10_000);
    let wrong = match (point, born.month(), born.day()) {
        (0..50, Some(month), Some(day)) => PartialDate::full(born.year() - 1, month, day.min(28)),
        (50..350, ..) => PartialDate::of_year(born.year()),
        _ => Ok(born),
    };
    wrong.unwrap_or(born)
}
