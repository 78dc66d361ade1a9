//! The national population database: asked about one person, or about many.

use crate::bindings::imports::pilothouse::population::{individuals, statistics};
use crate::codes::codes;
use crate::{Date, Denial, DenialKind, Person, UnitCode};

codes! {
    /// An answer to a claim. `Unknown` is one: there is no such fact, or it cannot be compared.
    pub enum Answer {
        /// The claim is true.
        Yes = "yes",
        /// The claim is false.
        No = "no",
        /// It cannot be told.
        Unknown = "unknown",
    }
}

impl Answer {
    /// Whether the claim is true.
    pub fn is_yes(self) -> bool {
        self == Self::Yes
    }

    /// Whether there is an answer at all.
    pub fn is_answered(self) -> bool {
        self.is_yes() || self.is_no()
    }

    /// Whether the claim is false. Not the opposite of [`Self::is_yes`]: many rules turn on a clear "no".
    pub fn is_no(self) -> bool {
        self == Self::No
    }

    fn received(answer: individuals::Answer) -> Self {
        match answer {
            individuals::Answer::Yes => Self::Yes,
            individuals::Answer::No => Self::No,
            individuals::Answer::Unknown => Self::Unknown,
        }
    }
}

codes! {
    /// Sex as the database records it.
    pub enum Sex {
        /// Nam.
        Male = "male",
        /// Nữ.
        Female = "female",
    }
}

codes! {
    /// A kind of residence (Law on Residence 68/2020/QH14, Article 2).
    pub enum Residence {
        /// Thường trú.
        Permanent = "permanent",
        /// Tạm trú.
        Temporary = "temporary",
        /// Nơi ở hiện tại.
        Current = "current",
    }
}

/// A claim about a person that the database answers with yes, no or unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The name presented (by a card, say) is the database's, by its normal form.
    NameMatches,
    /// The birth date presented is the database's.
    BirthDateMatches,
    /// Not recorded as dead.
    Alive,
    /// The identity card has not expired and is not revoked.
    CardValid,
    /// The identity card is not revoked.
    CardNotRevoked,
    /// Age in whole years on the occasion's date, both ends included.
    AgeBetween(u8, u8),
    /// The sex.
    SexIs(Sex),
    /// Residence of this kind in this unit.
    ResidentIn(UnitCode, Residence),
    /// Head of a household.
    HouseholdHead,
    /// The old number presented is this person's.
    IdChain,
}

impl Claim {
    fn name(&self) -> &'static str {
        match self {
            Self::NameMatches => "name-matches",
            Self::BirthDateMatches => "birth-date-matches",
            Self::Alive => "alive",
            Self::CardValid => "card-valid",
            Self::CardNotRevoked => "card-not-revoked",
            Self::AgeBetween(..) => "age-between",
            Self::SexIs(_) => "sex-is",
            Self::ResidentIn(..) => "resident-in",
            Self::HouseholdHead => "household-head",
            Self::IdChain => "id-chain",
        }
    }

    fn asked(&self) -> individuals::Claim {
        individuals::Claim { name: self.name().to_owned(), args: self.args() }
    }

    fn args(&self) -> Vec<String> {
        match self {
            Self::AgeBetween(from, to) => vec![from.to_string(), to.to_string()],
            Self::SexIs(sex) => vec![sex.code().to_owned()],
            Self::ResidentIn(unit, residence) => vec![unit.as_str().to_owned(), residence.code().to_owned()],
            Self::NameMatches
            | Self::BirthDateMatches
            | Self::Alive
            | Self::CardValid
            | Self::CardNotRevoked
            | Self::HouseholdHead
            | Self::IdChain => Vec::new(),
        }
    }
}

/// Answers 1 to 12 claims about a person, in their order.
///
/// # Errors
/// `field-not-granted` names the first claim outside the grant (none is then answered); `not-found`, `budget-spent`, `unavailable`, `invalid`.
pub fn verify<const N: usize>(person: &Person, claims: [Claim; N]) -> Result<[Answer; N], Denial> {
    let asked: Vec<_> = claims.iter().map(Claim::asked).collect();
    let answers = individuals::verify(&person.0, &asked).map_err(Denial::received)?;
    let answers: [individuals::Answer; N] =
        answers.try_into().map_err(|_| Denial::local(DenialKind::Unavailable, "population.verify"))?;
    Ok(answers.map(Answer::received))
}

/// What the database says of a person, with the ends that every desk meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked<const N: usize> {
    /// The person is not recorded as dead; the answers to the claims, in their order.
    Answered([Answer; N]),
    /// Recorded as dead. A desk is told to see the police, and nothing else.
    Deceased,
    /// The number is not in the database: the manual procedure.
    NotFound,
    /// The database does not answer, or not to this pilot: go on, and verify later.
    Unanswered,
}

/// Whether the person lives, and up to 11 further claims, in one call.
pub fn check<const N: usize>(person: &Person, claims: [Claim; N]) -> Checked<N> {
    let asked = [Claim::Alive].iter().chain(&claims).map(Claim::asked).collect::<Vec<_>>();
    match individuals::verify(&person.0, &asked).map_err(Denial::received) {
        Ok(answers) => match answers.split_first() {
            Some((individuals::Answer::No, _)) => Checked::Deceased,
            Some((_, rest)) => {
                let answers: Vec<Answer> = rest.iter().copied().map(Answer::received).collect();
                answers.try_into().map_or(Checked::Unanswered, Checked::Answered)
            }
            None => Checked::Unanswered,
        },
        Err(denial) if denial.is_not_found() => Checked::NotFound,
        Err(_) => Checked::Unanswered,
    }
}

codes! {
    /// How one person is to another.
    pub enum Relation {
        /// Both live in one household.
        SameHousehold = "same-household",
        /// Husband or wife.
        Spouse = "spouse",
        /// The first is a parent of the second.
        Parent = "parent",
        /// The first is guardian of the second.
        Guardian = "guardian",
    }
}

/// Whether two people are to each other as `relation` says.
///
/// # Errors
/// As [`verify`].
pub fn related(person: &Person, other: &Person, relation: Relation) -> Result<Answer, Denial> {
    individuals::related(&person.0, &other.0, relation.code()).map(Answer::received).map_err(Denial::received)
}

codes! {
    /// A field of a person. Portrait, fingerprints and the personal number are never readable.
    pub enum Field {
        /// A token for display, not the name.
        FullName = "full-name",
        /// Date of birth.
        BirthDate = "birth-date",
        /// Year of birth.
        BirthYear = "birth-year",
        /// Five-year band of age.
        AgeBand = "age-band",
        /// Sex.
        Sex = "sex",
        /// Nationality, three letters.
        Nationality = "nationality",
        /// Unit of permanent residence.
        PermanentUnit = "permanent-unit",
        /// Unit of temporary residence.
        TemporaryUnit = "temporary-unit",
        /// Unit of the current residence.
        CurrentUnit = "current-unit",
        /// A token for display, not the address.
        AddressToken = "address-token",
        /// Marital status.
        MaritalStatus = "marital-status",
        /// Alive, dead or missing.
        LifeStatus = "life-status",
        /// Whether the card is valid, expired or revoked.
        CardState = "card-state",
        /// When the card expires.
        CardExpiry = "card-expiry",
        /// How many live in the household.
        HouseholdSize = "household-size",
    }
}

/// One field of a person. None: the database has no value.
///
/// # Errors
/// `field-not-granted`, `not-found`, `budget-spent`, `unavailable`.
pub fn read(person: &Person, field: Field) -> Result<Option<String>, Denial> {
    individuals::read(&person.0, field.code()).map_err(Denial::received)
}

/// One field of a person as a date. None: the database has no full date (people of whom only the year is known).
///
/// # Errors
/// As [`read`].
pub fn read_date(person: &Person, field: Field) -> Result<Option<Date>, Denial> {
    Ok(read(person, field)?.and_then(|text| Date::parse(&text).ok()))
}

/// The people of this person's household, at most 32, the person included.
///
/// # Errors
/// As [`read`].
pub fn household(person: &Person) -> Result<Vec<Person>, Denial> {
    let people = individuals::household(&person.0).map_err(Denial::received)?;
    Ok(people.into_iter().map(Person).collect())
}

codes! {
    /// What people are counted by.
    pub enum Dimension {
        /// Commune-level unit.
        Commune = "commune",
        /// The district of before 2025.
        DistrictBefore2025 = "district-before-2025",
        /// Five-year band of age.
        AgeBand = "age-band",
        /// Single years, 0 to 18.
        AgeSingle = "age-single",
        /// Sex.
        Sex = "sex",
        /// Kind of residence.
        ResidenceKind = "residence-kind",
        /// Only with an approval of its own.
        Ethnicity = "ethnicity",
        /// Only with an approval of its own.
        Religion = "religion",
    }
}

codes! {
    /// The communes that counts stand for.
    pub enum Base {
        /// The units in force since 2025-07-01.
        Merged = "2025",
        /// The units before the merger.
        BeforeMerger = "2024",
    }
}

/// A condition on the people counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// In one of these units.
    Units(Vec<UnitCode>),
    /// At least this old, in whole years.
    AgeFrom(u8),
    /// At most this old, in whole years.
    AgeTo(u8),
    /// With this kind of residence.
    Residence(Residence),
    /// As on this day.
    AsOf(Date),
    /// After the communes of this time.
    Base(Base),
}

impl Condition {
    fn into_contract(self) -> statistics::Condition {
        let (key, values) = match self {
            Self::Units(units) => ("unit", units.iter().map(ToString::to_string).collect()),
            Self::AgeFrom(age) => ("age-from", vec![age.to_string()]),
            Self::AgeTo(age) => ("age-to", vec![age.to_string()]),
            Self::Residence(residence) => ("residence", vec![residence.to_string()]),
            Self::AsOf(date) => ("as-of", vec![date.to_string()]),
            Self::Base(base) => ("base", vec![base.to_string()]),
        };
        statistics::Condition { key: key.to_owned(), values }
    }
}

/// One cell of an answer: a label for each dimension, in their order, and the count; none where it is suppressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Labels, one a dimension.
    pub labels: Vec<String>,
    /// How many; none where suppressed.
    pub count: Option<u64>,
}

/// Cells that the host hands over at once.
const CELLS_A_PAGE: usize = 500;

/// Counts that do not point at anyone.
#[derive(Debug)]
pub struct Counts(statistics::AnswerTable);

impl Counts {
    /// All cells, at most `at_most`.
    pub fn cells(&self, at_most: usize) -> Vec<Cell> {
        let mut cells: Vec<Cell> = Vec::new();
        while cells.len() < at_most {
            let Ok(start) = u32::try_from(cells.len()) else { break };
            let page = self.0.cells(start);
            let last = page.len() < CELLS_A_PAGE;
            cells.extend(page.into_iter().map(|cell| Cell { labels: cell.labels, count: cell.count }));
            if last {
                break;
            }
        }
        cells.truncate(at_most);
        cells
    }

    /// How many cells there are, suppressed ones included.
    pub fn size(&self) -> u32 {
        self.0.size()
    }

    /// How many are suppressed, by the minimum or to protect another one.
    pub fn suppressed(&self) -> u32 {
        self.0.suppressed()
    }

    /// The count of all, suppressed cells included.
    pub fn total(&self) -> u64 {
        self.0.total()
    }

    /// The smallest count that is shown.
    pub fn minimum(&self) -> u32 {
        self.0.minimum()
    }
}

/// Counts people by up to 3 dimensions.
///
/// # Errors
/// `field-not-granted` (dimension), `suppressed` (with an earlier answer this one would isolate people), `invalid`, `budget-spent`, `unavailable`.
pub fn count(dimensions: &[Dimension], conditions: Vec<Condition>) -> Result<Counts, Denial> {
    let dimensions: Vec<String> = dimensions.iter().map(|d| d.code().to_owned()).collect();
    let conditions: Vec<_> = conditions.into_iter().map(Condition::into_contract).collect();
    statistics::aggregate("count", &dimensions, &conditions).map(Counts).map_err(Denial::received)
}
