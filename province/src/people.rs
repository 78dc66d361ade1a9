//! The synthetic population register: compact rows, text made on demand.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use pilothouse_identity::{
    AddressText, BirthDate, CardLayout, CardReading, FullName, OldNumber, PartialDate, PersonKey, PersonalNumber, Sex,
};
use time::Date;

use crate::aggregate::Base;
use crate::day::Day;
use crate::draw::mix;
use crate::facts::{
    Card, CardState, Ethnicity, HouseholdKey, HouseholdRole, IssuedCard, Life, MaritalStatus, Nationality, PolicyGroup,
    Relation, Religion, relation, row,
};
use crate::generate::OldCommunes;
use crate::names::NameParts;
use crate::units::{MERGER, Places, UnitCode, UnitKind};

/// Index of a commune of the time before the merger; the base from which both codes follow.
pub(crate) type Place = u8;

/// No such place: not moved, no temporary residence.
pub(crate) const NO_PLACE: Place = u8::MAX;

/// Somewhere in another province.
pub(crate) const ELSEWHERE: Place = u8::MAX - 1;

/// A person in 64 bytes or less.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) number: u64,
    /// 0: none.
    pub(crate) cancelled: u64,
    /// 0: none.
    pub(crate) old: u32,
    pub(crate) household: u32,
    pub(crate) born: PartialDate,
    pub(crate) died: Day,
    pub(crate) issued: Day,
    /// `NONE` with a card: does not expire.
    pub(crate) expires: Day,
    pub(crate) name: NameParts,
    pub(crate) sex: Sex,
    pub(crate) nationality: Nationality,
    pub(crate) ethnicity: Ethnicity,
    pub(crate) religion: Religion,
    pub(crate) marital: MaritalStatus,
    pub(crate) role: HouseholdRole,
    pub(crate) card: Card,
    pub(crate) revoked: bool,
    pub(crate) temporary: Place,
    pub(crate) current: Place,
}

/// A household: its people stand side by side.
#[derive(Clone)]
pub(crate) struct Household {
    pub(crate) first: u32,
    pub(crate) count: u16,
    pub(crate) place: Place,
    pub(crate) hamlet: u8,
    pub(crate) moved_from: Place,
    pub(crate) moved: Day,
    pub(crate) policy: Option<(PolicyGroup, Day)>,
}

/// What a number leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// The current number of that person.
    Found(PersonKey),
    /// A cancelled number of that person, who has another now.
    Cancelled(PersonKey),
    /// Nobody's.
    None,
}

/// A change of commune.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// First day in the new place.
    pub on: Date,
    /// Commune before, in the base of that day.
    pub from: UnitCode,
}

type NumberIndex = HashMap<u64, u32, BuildHasherDefault<NumberHasher>>;

/// Marks an entry of the index as a cancelled number.
const CANCELLED: u32 = 1 << 31;

/// Synthetic people with their households.
pub struct Population {
    pub(crate) people: Vec<Person>,
    pub(crate) households: Vec<Household>,
    pub(crate) communes: OldCommunes,
    index: NumberIndex,
    seed: u64,
    today: Date,
}

impl Population {
    pub(crate) fn of_rows(
        people: Vec<Person>,
        households: Vec<Household>,
        communes: OldCommunes,
        seed: u64,
        today: Date,
    ) -> Self {
        let mut index = NumberIndex::with_capacity_and_hasher(people.len() + people.len() / 32, Default::default());
        for (key, person) in (0..).zip(&people) {
            if person.cancelled != 0 {
                index.insert(person.cancelled, key | CANCELLED);
            }
            index.insert(person.number, key);
        }
        Self { people, households, communes, index, seed, today }
    }

    /// Nobody: of a house that has no synthetic people.
    #[must_use]
    pub fn nobody(today: Date) -> Self {
        Self::of_rows(Vec::new(), Vec::new(), OldCommunes::new(), 0, today)
    }

    /// Number of people, the dead of the last years included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// The seed from which the people were made.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// The register's day: what "today" means in its states.
    #[must_use]
    pub const fn today(&self) -> Date {
        self.today
    }

    /// All keys, ascending.
    pub fn iter_keys(&self) -> impl ExactSizeIterator<Item = PersonKey> + use<> {
        (0..self.people.len() as u32).map(PersonKey::new)
    }

    /// Finds a person by number. Numbers never match fuzzily: one wrong digit is another person.
    #[must_use]
    pub fn by_number(&self, number: &PersonalNumber) -> Lookup {
        let found = number.reveal().parse().ok().and_then(|digits: u64| self.index.get(&digits));
        match found {
            Some(key) if key & CANCELLED != 0 => Lookup::Cancelled(PersonKey::new(key & !CANCELLED)),
            Some(key) => Lookup::Found(PersonKey::new(*key)),
            None => Lookup::None,
        }
    }

    /// The person with that key.
    #[must_use]
    pub fn get(&self, key: PersonKey) -> Option<PersonView<'_>> {
        let person = self.people.get(row(key))?;
        let household = self.households.get(person.household as usize)?;
        Some(PersonView { population: self, person, household, key })
    }

    /// The people of a person's household, the head first; empty for an unknown key.
    pub fn household(&self, key: PersonKey) -> impl Iterator<Item = PersonKey> + use<> {
        let household = self.people.get(row(key)).and_then(|person| self.households.get(person.household as usize));
        let (first, count) = household.map_or((0, 0), |household| (household.first, u32::from(household.count)));
        (first..first + count).map(PersonKey::new)
    }

    /// What `of` is to `to`; `None` if they do not share a household or are one person.
    #[must_use]
    pub fn relation(&self, of: PersonKey, to: PersonKey) -> Option<Relation> {
        let (one, other) = (self.people.get(row(of))?, self.people.get(row(to))?);
        (of != to && one.household == other.household).then(|| relation(one.role, other.role))
    }

    /// What the code on this person's card says: **identity text**, the whole record. `None` without a card.
    #[must_use]
    pub fn card_text(&self, key: PersonKey) -> Option<String> {
        let view = self.get(key)?;
        let card = view.card()?;
        let layout = if card.kind == Card::CanCuoc { CardLayout::V2 } else { CardLayout::V1 };
        let reading = CardReading {
            number: view.number()?,
            old_number: view.old_number(),
            cancelled: view.cancelled_number(),
            name: view.name(),
            born: view.born(),
            sex: view.sex(),
            address: view.address_on(card.issued),
            issued: card.issued,
            layout,
            warnings: Vec::new(),
        };
        Some(reading.text().reveal().to_owned())
    }
}

/// One person, read from the register.
#[derive(Clone, Copy)]
pub struct PersonView<'a> {
    population: &'a Population,
    pub(crate) person: &'a Person,
    household: &'a Household,
    key: PersonKey,
}

impl PersonView<'_> {
    /// The key.
    #[must_use]
    pub const fn key(&self) -> PersonKey {
        self.key
    }

    /// The current number; always there for rows of ours.
    #[must_use]
    pub fn number(&self) -> Option<PersonalNumber> {
        number(self.person.number)
    }

    /// A number that was cancelled when the current one was given.
    #[must_use]
    pub fn cancelled_number(&self) -> Option<PersonalNumber> {
        (self.person.cancelled != 0).then(|| number(self.person.cancelled)).flatten()
    }

    /// The number of the card before 2021.
    #[must_use]
    pub fn old_number(&self) -> Option<OldNumber> {
        (self.person.old != 0).then(|| OldNumber::parse(&format!("{:09}", self.person.old)).ok()).flatten()
    }

    /// The full name; always there for rows of ours.
    #[must_use]
    pub fn name(&self) -> Option<FullName> {
        self.person.name.full_name()
    }

    /// Date of birth, perhaps partial.
    #[must_use]
    pub const fn born(&self) -> BirthDate {
        BirthDate::new(self.person.born)
    }

    /// Sex.
    #[must_use]
    pub const fn sex(&self) -> Sex {
        self.person.sex
    }

    /// Nationality.
    #[must_use]
    pub const fn nationality(&self) -> Nationality {
        self.person.nationality
    }

    /// Ethnic group: sensitive.
    #[must_use]
    pub const fn ethnicity(&self) -> Ethnicity {
        self.person.ethnicity
    }

    /// Religion: sensitive.
    #[must_use]
    pub const fn religion(&self) -> Religion {
        self.person.religion
    }

    /// Marital status.
    #[must_use]
    pub const fn marital_status(&self) -> MaritalStatus {
        self.person.marital
    }

    /// Whether the person lives.
    #[must_use]
    pub fn life(&self) -> Life {
        self.person.died.date().map_or(Life::Alive, Life::Died)
    }

    /// The household.
    #[must_use]
    pub const fn household(&self) -> HouseholdKey {
        HouseholdKey(self.person.household)
    }

    /// What the person is to the head of the household.
    #[must_use]
    pub const fn role(&self) -> HouseholdRole {
        self.person.role
    }

    /// How many people of the household are alive.
    #[must_use]
    pub fn household_size(&self) -> u16 {
        let people = self.population.household(self.key);
        people.filter(|key| self.population.people[row(*key)].died == Day::NONE).count() as u16
    }

    /// The policy group of the household with the first day of its decision, as listed in the last years; whether it
    /// still holds on a day is for the register of policy beneficiaries.
    #[must_use]
    pub fn policy(&self) -> Option<(PolicyGroup, Date)> {
        self.household.policy.and_then(|(group, since)| Some((group, since.date()?)))
    }

    /// Commune of permanent residence, in the units of the asked base.
    #[must_use]
    pub fn permanent_unit(&self, base: Base) -> Option<UnitCode> {
        self.population.communes.code(self.household.place, base)
    }

    /// Commune of temporary residence, if any.
    #[must_use]
    pub fn temporary_unit(&self, base: Base) -> Option<UnitCode> {
        self.population.communes.code(self.person.temporary, base)
    }

    /// Commune of present stay; `None` means outside the plan's area.
    #[must_use]
    pub fn current_unit(&self, base: Base) -> Option<UnitCode> {
        self.population.communes.code(self.person.current, base)
    }

    /// The last change of permanent commune, if the register knows one.
    #[must_use]
    pub fn moved(&self) -> Option<Move> {
        let on = self.household.moved.date()?;
        let base = if on > MERGER { Base::Current } else { Base::Before2025 };
        Some(Move { on, from: self.population.communes.code(self.household.moved_from, base)? })
    }

    /// The identity card, if one was issued.
    #[must_use]
    pub fn card(&self) -> Option<IssuedCard> {
        let issued = self.person.issued.date().filter(|_| self.person.card != Card::None)?;
        let expires = self.person.expires.date();
        let state = if self.person.revoked {
            CardState::Revoked
        } else if expires.is_some_and(|last_day| last_day < self.population.today) {
            CardState::Expired
        } else {
            CardState::Valid
        };
        Some(IssuedCard { kind: self.person.card, issued, expires, state })
    }

    /// The permanent address in the units of the register's day.
    #[must_use]
    pub fn address(&self) -> Option<AddressText> {
        self.address_on(self.population.today)
    }

    /// The permanent address as a paper of that day writes it: four levels until the merger, three after.
    #[must_use]
    pub fn address_on(&self, on: Date) -> Option<AddressText> {
        let places = Places::embedded();
        let household = self.household;
        let place = match household.moved.date() {
            Some(moved) if on < moved => household.moved_from,
            _ => household.place,
        };
        let old = self.population.communes.code(place, Base::Before2025)?;
        let unit = if on >= MERGER {
            places.unit(self.population.communes.code(place, Base::Current)?, on)?
        } else {
            // Before the step of December 2024, a household of a merged commune lived in one of its parts.
            let parts = places.predecessors(old, MERGER.previous_day()?);
            let part = parts.get(usize::from(household.hamlet) % parts.len().max(1));
            places
                .unit(old, on)
                .filter(|_| parts.is_empty())
                .or(part.copied().filter(|part| part.in_force(on)))
                .or(places.unit(old, on))?
        };
        let hamlet = if unit.is_urban() {
            "Tổ dân phố"
        } else if self.person.ethnicity == Ethnicity::Kinh {
            "Thôn"
        } else {
            "Bản"
        };
        let mut text = format!("{hamlet} Mẫu {}, {}", household.hamlet % 12 + 1, unit.name);
        let mut above = unit.parent;
        while let Some(parent) = above.and_then(|code| places.unit(code, on)) {
            text.push_str(", ");
            text.push_str(if parent.kind == UnitKind::Province { parent.bare_name() } else { parent.name });
            above = parent.parent;
        }
        AddressText::parse(&text).ok().flatten()
    }
}

fn number(digits: u64) -> Option<PersonalNumber> {
    PersonalNumber::parse(&format!("{digits:012}")).ok()
}

/// Numbers of ours differ in a few digits, so one round of mixing spreads them; only the host inserts, so nobody can choose collisions.
#[derive(Default)]
struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = mix(self.0 ^ u64::from(*byte));
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = mix(self.0 ^ value);
    }
}
