//! Sector registers over the same people, with the errors that such registers have.
//!
//! Entries are computed from the seed when asked for; nothing is stored. What is planted: insurance that ended yesterday,
//! last month or in the last year, names in the other spelling (Thuỷ for Thủy), a birth year that is one off, bare years.

mod insurance;

use pilothouse_identity::{BirthDate, FullName, PartialDate, PersonKey};
use time::{Date, Duration, Month};

use crate::day::years_after;
use crate::draw::Draw;
use crate::facts::PolicyGroup;
use crate::people::{PersonView, Population};

/// Stream of chance of the policy register.
const POLICY: u64 = 2_002;

/// Years that a household counts as newly escaped from poverty (Decision 28/2015/QĐ-TTg).
const ESCAPED_YEARS: i32 = 3;

/// A sector register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Register {
    /// Of Social Insurance: one entry a person.
    HealthInsurance,
    /// Of the communes: poor, near-poor and newly escaped households, each member finds the household's entry.
    PolicyBeneficiaries,
}

impl Register {
    /// All registers.
    pub const ALL: [Self; 2] = [Self::HealthInsurance, Self::PolicyBeneficiaries];

    /// The stable code in grants and interfaces.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::HealthInsurance => "health-insurance",
            Self::PolicyBeneficiaries => "policy-beneficiaries",
        }
    }

    /// The register with that code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|register| register.code() == code)
    }

    /// The fields of an entry: the only ones that a grant can name.
    #[must_use]
    pub const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::HealthInsurance => &[
                "card-number",
                "full-name",
                "birth-date",
                "sex",
                "valid-from",
                "valid-until",
                "benefit-level",
                "initial-facility",
                "object-group",
            ],
            Self::PolicyBeneficiaries => {
                &["category", "decision-number", "decision-date", "valid-from", "valid-until", "household-size"]
            }
        }
    }
}

/// Value of a field. Some identify a person, so none can be printed or serialised; the funnel decides and reveals.
#[derive(Clone, PartialEq, Eq)]
pub enum FieldValue {
    /// A code or number.
    Text(String),
    /// A name as the register spells it.
    Name(FullName),
    /// A date of birth, perhaps only a year.
    Born(BirthDate),
    /// A day.
    Date(Date),
    /// A count, or a share in percent.
    Whole(u32),
}

impl FieldValue {
    /// The value as text, dates as `yyyy-MM-dd`. Whoever calls this takes the value out of the protection of its type.
    #[must_use]
    pub fn reveal(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Name(name) => name.reveal().to_owned(),
            Self::Born(born) => born.reveal().to_string(),
            Self::Date(date) => PartialDate::from(*date).to_string(),
            Self::Whole(number) => number.to_string(),
        }
    }
}

/// One entry of a register.
#[derive(Clone)]
pub struct Entry {
    register: Register,
    version: u32,
    values: Vec<FieldValue>,
}

impl Entry {
    /// Value of a field; `None` for a field that the register does not have.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&FieldValue> {
        let place = self.register.fields().iter().position(|name| *name == field)?;
        self.values.get(place)
    }

    /// The register.
    #[must_use]
    pub const fn register(&self) -> Register {
        self.register
    }

    /// How many times the entry was written; a proposal names the version that it changes.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }
}

/// The registers over a population.
#[derive(Clone, Copy)]
pub struct Registers<'a> {
    population: &'a Population,
}

impl<'a> Registers<'a> {
    /// The registers over that population; nothing is computed yet.
    #[must_use]
    pub const fn of(population: &'a Population) -> Self {
        Self { population }
    }

    /// The entry of a person.
    #[must_use]
    pub fn entry(&self, register: Register, key: PersonKey) -> Option<Entry> {
        let view = self.population.get(key)?;
        match register {
            Register::HealthInsurance => insurance::entry(self.population, &view),
            Register::PolicyBeneficiaries => self.policy(&view),
        }
    }

    fn policy(&self, view: &PersonView<'_>) -> Option<Entry> {
        let (group, listed) = view.policy()?;
        let mut draw = Draw::new(self.population.seed(), POLICY, u64::from(view.household().raw()));
        let (from, until) = match group {
            // Lists are made anew each year.
            PolicyGroup::Poor | PolicyGroup::NearPoor => {
                let year = self.population.today().year().max(listed.year());
                (day(year, Month::January, 1, listed), day(year, Month::December, 31, listed))
            }
            PolicyGroup::NewlyEscaped => (listed, years_after(listed, ESCAPED_YEARS) - Duration::DAY),
        };
        let decided = from - Duration::days(i64::from(draw.between(10, 40)));
        let values = vec![
            FieldValue::Text(group.code().to_owned()),
            FieldValue::Text(format!("{}/QĐ-UBND (giả định)", draw.between(10, 999))),
            FieldValue::Date(decided),
            FieldValue::Date(from),
            FieldValue::Date(until),
            FieldValue::Whole(u32::from(view.household_size())),
        ];
        Some(Entry { register: Register::PolicyBeneficiaries, version: 1, values })
    }
}

/// That day, or another one where the calendar has no such day.
fn day(year: i32, month: Month, day: u8, otherwise: Date) -> Date {
    Date::from_calendar_date(year, month, day).unwrap_or(otherwise)
}

#[cfg(test)]
mod tests {
    use pilothouse_identity::{NameVerdict, PersonKey, PersonalNumber, compare};
    use time::{Date, Duration, macros::date};

    use super::{FieldValue, Register, Registers};
    use crate::facilities::Facilities;
    use crate::facts::PolicyGroup;
    use crate::people::{Lookup, Population};

    const TODAY: Date = date!(2026 - 12 - 01);

    fn population() -> Population {
        Population::generate(11, 6_000, TODAY)
    }

    #[test]
    fn every_entry_has_exactly_the_fields_of_its_register() {
        let population = population();
        let registers = Registers::of(&population);
        for register in Register::ALL {
            assert_eq!(Register::from_code(register.code()), Some(register));
            for entry in population.iter_keys().filter_map(|key| registers.entry(register, key)) {
                assert!(register.fields().iter().all(|field| entry.get(field).is_some()));
                assert_eq!(entry.values.len(), register.fields().len());
                assert!(entry.get("diagnosis").is_none());
            }
        }
        assert!(registers.entry(Register::HealthInsurance, PersonKey::new(6_000)).is_none());
    }

    #[test]
    fn ninety_four_percent_are_insured_and_numbers_come_in_three_generations() {
        let population = population();
        let registers = Registers::of(&population);
        let mut generations = [0_u32; 3];
        for key in population.iter_keys() {
            let Some(entry) = registers.entry(Register::HealthInsurance, key) else { continue };
            let number = entry.get("card-number").unwrap().reveal();
            match number.len() {
                15 => {
                    assert_eq!((&number[3..9], &number[..2]), ("444499", &*entry.get("object-group").unwrap().reveal()))
                }
                10 => assert!(number.starts_with("4499")),
                _ => assert!(population.by_number(&PersonalNumber::parse(&number).unwrap()) == Lookup::Found(key)),
            }
            generations[match number.len() {
                15 => 0,
                10 => 1,
                _ => 2,
            }] += 1;
            assert_eq!(entry.get("sex").unwrap().reveal(), population.get(key).unwrap().sex().code());
        }
        let insured: u32 = generations.iter().sum();
        assert!((5_500..5_780).contains(&insured), "{insured}");
        assert!(generations.iter().all(|count| *count > 1_000), "{generations:?}");
    }

    #[test]
    fn the_planted_errors_are_there_and_rare() {
        let population = population();
        let registers = Registers::of(&population);
        let (mut yesterday, mut spelled, mut wrong_year) = (0, 0, 0);
        for key in population.iter_keys() {
            let Some(entry) = registers.entry(Register::HealthInsurance, key) else { continue };
            let view = population.get(key).unwrap();
            yesterday += u32::from(entry.get("valid-until").unwrap().reveal() == (TODAY - Duration::DAY).to_string());
            let (name, theirs) = (view.name().unwrap(), entry.get("full-name").unwrap().reveal());
            assert_eq!(compare(name.reveal(), &theirs), NameVerdict::Equal);
            spelled += u32::from(name.reveal() != theirs);
            let Some(FieldValue::Born(born)) = entry.get("birth-date") else { panic!("no date") };
            wrong_year += u32::from(born.reveal().year() != view.born().reveal().year());
        }
        for (what, count) in [("yesterday", yesterday), ("spelled", spelled), ("wrong year", wrong_year)] {
            assert!((5..200).contains(&count), "{what}: {count}");
        }
    }

    #[test]
    fn the_initial_facility_is_the_station_of_the_commune_or_a_hospital() {
        let population = population();
        let registers = Registers::of(&population);
        let facilities = Facilities::generate(11, TODAY);
        for key in population.iter_keys().take(1_000) {
            let Some(entry) = registers.entry(Register::HealthInsurance, key) else { continue };
            let code = entry.get("initial-facility").unwrap().reveal();
            let facility = facilities.by_insurance_code(&code).unwrap();
            let home = population.get(key).unwrap().permanent_unit(crate::Base::Current).unwrap();
            assert!(facility.id.starts_with("hospital") || facility.unit == home);
        }
    }

    #[test]
    fn a_household_has_one_policy_entry_for_all_its_members() {
        let population = population();
        let registers = Registers::of(&population);
        let mut groups = [0_u32; 3];
        for key in population.iter_keys() {
            let Some(entry) = registers.entry(Register::PolicyBeneficiaries, key) else { continue };
            let decision = entry.get("decision-number").unwrap().reveal();
            assert!(decision.ends_with("(giả định)"));
            for member in population.household(key) {
                let other = registers.entry(Register::PolicyBeneficiaries, member).unwrap();
                assert_eq!(other.get("decision-number").unwrap().reveal(), decision);
            }
            let group = entry.get("category").unwrap().reveal();
            groups[PolicyGroup::ALL.iter().position(|known| known.code() == group).unwrap()] += 1;
        }
        assert!(groups.iter().all(|count| *count > 50), "{groups:?}");
    }
}
