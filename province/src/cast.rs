//! Named people for scenarios and the demonstration, found by what is true of them.
//!
//! A scenario says `insurance-ended-yesterday`, never a number: the same seed finds the same person, and another seed or
//! size finds another with the same property. Members are distinct people, and unremarkable apart from what their name says.

use std::collections::BTreeSet;

use pilothouse_identity::{Agreement, NameVerdict, PersonKey, compare};
use time::{Date, Duration};

use crate::aggregate::Base;
use crate::facts::{CardState, HouseholdRole, Life, Nationality, PolicyGroup};
use crate::people::{PersonView, Population};
use crate::registers::{Entry, FieldValue, Register, Registers};
use crate::units::{MERGER, Places};

/// Members that are one person by one property, in the order in which they are chosen.
const SOLO: [(&str, Property); 21] = [
    ("insured-adult", |someone| someone.is_plain_adult() && someone.is_insured()),
    ("insured-adult-2", |someone| someone.is_plain_adult() && someone.is_insured()),
    ("insurance-ended-yesterday", |someone| someone.is_plain_adult() && someone.insurance_ended_yesterday()),
    ("uninsured", |someone| someone.is_plain_adult() && someone.entry().is_none()),
    ("child-under-6", |someone| someone.is_plain_child(0, 5)),
    ("child-with-insurance", |someone| someone.is_plain_child(1, 4) && someone.is_insured()),
    ("child-without-card", |someone| someone.is_plain_child(0, 5) && someone.view.card().is_none()),
    ("name-tone-variant", |someone| {
        someone.is_living_adult() && someone.is_valid() && someone.name_is_spelled_otherwise()
    }),
    ("wrong-birth-year-in-register", |someone| {
        someone.is_living_adult() && someone.has_card(CardState::Valid) && someone.year_is_wrong()
    }),
    ("deceased", |someone| matches!(someone.view.life(), Life::Died(_)) && someone.has_card(CardState::Valid)),
    ("expired-card", |someone| someone.is_living_adult() && someone.has_card(CardState::Expired)),
    ("revoked-card", |someone| someone.is_living_adult() && someone.has_card(CardState::Revoked)),
    ("cancelled-number", |someone| someone.is_living_adult() && someone.view.cancelled_number().is_some()),
    ("poor-household", |someone| someone.is_plain_adult() && someone.is_in(PolicyGroup::Poor)),
    ("near-poor-household", |someone| someone.is_plain_adult() && someone.is_in(PolicyGroup::NearPoor)),
    ("old-commune-address", |someone| someone.is_plain_adult() && someone.card_names_a_closed_commune()),
    ("temporary-resident", |someone| someone.is_living_adult() && someone.view.temporary_unit(Base::Current).is_some()),
    ("lives-elsewhere", |someone| someone.is_living_adult() && someone.view.current_unit(Base::Current).is_none()),
    ("moved-last-year", |someone| someone.is_living_adult() && someone.view.moved().is_some()),
    ("elder-over-80", |someone| someone.is_living() && someone.view.born().ages_on(someone.today).least > 80),
    ("lives-alone", |someone| someone.is_plain_adult() && someone.view.household_size() == 1),
];

/// A family at home: head, spouse, two children.
const FAMILY: [&str; 4] = ["family-of-four-1", "family-of-four-2", "family-of-four-3", "family-of-four-4"];

/// How many there are in the queue of unremarkable adults: a coach full of people.
const ADULTS: usize = 60;

type Property = fn(&Someone<'_>) -> bool;

/// The named people of a population.
pub struct Cast {
    members: Vec<(&'static str, PersonKey)>,
    adults: Vec<PersonKey>,
}

impl Cast {
    /// Finds all members. From 2,000 people on all of them are there.
    #[must_use]
    pub fn of(population: &Population) -> Self {
        let registers = Registers::of(population);
        let mut members = Vec::with_capacity(SOLO.len() + FAMILY.len());
        let mut taken = BTreeSet::new();
        let family = population.iter_keys().find_map(|key| family(population, key)).unwrap_or_default();
        taken.extend(&family);
        members.extend(FAMILY.into_iter().zip(family));
        for (name, property) in SOLO {
            let found = population.iter_keys().find(|key| {
                let someone = Someone::new(population, registers, *key);
                !taken.contains(key) && someone.is_some_and(|someone| property(&someone))
            });
            if let Some(key) = found {
                // Nobody of the same household again: relatives would get in each other's way.
                taken.extend(population.household(key));
                members.push((name, key));
            }
        }
        // A queue of unremarkable people, one of each household.
        let mut adults = Vec::with_capacity(ADULTS);
        for key in population.iter_keys() {
            let someone = Someone::new(population, registers, key);
            if adults.len() < ADULTS && !taken.contains(&key) && someone.is_some_and(|one| one.is_plain_adult()) {
                taken.extend(population.household(key));
                adults.push(key);
            }
        }
        Self { members, adults }
    }

    /// The member with that name in a population.
    ///
    /// Finds all members first; who asks more than once keeps a [`Cast`].
    #[must_use]
    pub fn find(population: &Population, name: &str) -> Option<PersonKey> {
        Self::of(population).get(name)
    }

    /// The member with that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<PersonKey> {
        self.members.iter().find(|(member, _)| *member == name).map(|(_, key)| *key)
    }

    /// The `number`th (from 1) of a queue of unremarkable adults, each of a household of their own and none of them a member.
    #[must_use]
    pub fn adult(&self, number: usize) -> Option<PersonKey> {
        self.adults.get(number.checked_sub(1)?).copied()
    }

    /// All members that were found.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, PersonKey)> {
        self.members.iter().copied()
    }

    /// All names that a cast can have.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SOLO.iter().map(|(name, _)| *name).chain(FAMILY)
    }
}

/// Head, spouse and two children, all alive and at home, the couple with valid cards.
fn family(population: &Population, head: PersonKey) -> Option<Vec<PersonKey>> {
    let registers = Registers::of(population);
    let people: Vec<PersonKey> = population.household(head).collect();
    let roles = [HouseholdRole::Head, HouseholdRole::Spouse, HouseholdRole::Child, HouseholdRole::Child];
    let fits = |(key, role): (&PersonKey, HouseholdRole)| {
        Someone::new(population, registers, *key).is_some_and(|someone| {
            let at_home = someone.is_at_home() && someone.view.role() == role;
            let is_child = role == HouseholdRole::Child && someone.view.born().ages_on(someone.today).most < 16;
            at_home && (is_child || (role != HouseholdRole::Child && someone.is_plain_adult()))
        })
    };
    (people.len() == roles.len() && people.iter().zip(roles).all(fits)).then_some(people)
}

/// A person with what the registers say.
struct Someone<'a> {
    view: PersonView<'a>,
    registers: Registers<'a>,
    today: Date,
}

impl<'a> Someone<'a> {
    fn new(population: &'a Population, registers: Registers<'a>, key: PersonKey) -> Option<Self> {
        population.get(key).map(|view| Self { view, registers, today: population.today() })
    }

    fn is_living(&self) -> bool {
        self.view.life() == Life::Alive && self.view.nationality() == Nationality::VietNam && self.number_agrees()
    }

    fn number_agrees(&self) -> bool {
        let born = self.view.born().reveal();
        let agrees = |number: pilothouse_identity::PersonalNumber| {
            number.sex() == self.view.sex() && number.birth_year() == born.year()
        };
        born.to_date().is_some() && self.view.number().is_some_and(agrees)
    }

    fn is_living_adult(&self) -> bool {
        let age = self.view.born().ages_on(self.today).least;
        self.is_living() && (25..58).contains(&age)
    }

    fn is_at_home(&self) -> bool {
        let home = self.view.permanent_unit(Base::Before2025);
        self.is_living() && self.view.current_unit(Base::Before2025) == home && self.view.moved().is_none()
    }

    fn is_plain_adult(&self) -> bool {
        self.is_living_adult()
            && self.is_at_home()
            && self.view.cancelled_number().is_none()
            && self.has_card(CardState::Valid)
            && self.entry().is_none_or(|entry| self.entry_agrees(&entry))
    }

    fn is_plain_child(&self, first: u16, last: u16) -> bool {
        let age = self.view.born().ages_on(self.today).least;
        (first..=last).contains(&age) && self.is_at_home() && self.view.cancelled_number().is_none()
    }

    fn has_card(&self, state: CardState) -> bool {
        self.view.card().is_some_and(|card| card.state == state)
    }

    fn entry(&self) -> Option<Entry> {
        self.registers.entry(Register::HealthInsurance, self.view.key())
    }

    fn valid_until(&self) -> Option<Date> {
        match self.entry()?.get("valid-until")? {
            FieldValue::Date(until) => Some(*until),
            _ => None,
        }
    }

    fn is_valid(&self) -> bool {
        self.valid_until().is_some_and(|until| until >= self.today) && self.has_card(CardState::Valid)
    }

    /// Insured, and the register says the same as the population.
    fn is_insured(&self) -> bool {
        self.valid_until().is_some_and(|until| until >= self.today)
            && self.entry().is_some_and(|entry| self.entry_agrees(&entry))
    }

    fn insurance_ended_yesterday(&self) -> bool {
        self.valid_until() == Some(self.today - Duration::DAY)
    }

    fn entry_agrees(&self, entry: &Entry) -> bool {
        let name = self.view.name();
        let spelled =
            entry.get("full-name").is_some_and(|theirs| name.is_some_and(|name| theirs.reveal() == name.reveal()));
        spelled && self.born_agreement(entry) == Some(Agreement::Equal)
    }

    fn born_agreement(&self, entry: &Entry) -> Option<Agreement> {
        match entry.get("birth-date")? {
            FieldValue::Born(born) => Some(born.compatible(self.view.born())),
            _ => None,
        }
    }

    fn name_is_spelled_otherwise(&self) -> bool {
        let (Some(entry), Some(name)) = (self.entry(), self.view.name()) else { return false };
        let Some(theirs) = entry.get("full-name").map(FieldValue::reveal) else { return false };
        let is_same = compare(name.reveal(), &theirs) == NameVerdict::Equal;
        is_same && name.reveal() != theirs && self.born_agreement(&entry) == Some(Agreement::Equal)
    }

    fn year_is_wrong(&self) -> bool {
        self.entry().is_some_and(|entry| self.born_agreement(&entry) == Some(Agreement::Different)) && self.is_valid()
    }

    fn is_in(&self, group: PolicyGroup) -> bool {
        self.view.policy().is_some_and(|(listed, _)| listed == group)
    }

    fn card_names_a_closed_commune(&self) -> bool {
        let before = self.view.card().is_some_and(|card| card.issued < MERGER);
        let places = Places::embedded();
        let old = self.view.permanent_unit(Base::Before2025).and_then(|code| places.unit(code, MERGER - Duration::DAY));
        let new = self.view.permanent_unit(Base::Current).and_then(|code| places.unit(code, MERGER));
        before && old.zip(new).is_some_and(|(old, new)| old.name != new.name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use time::{Date, macros::date};

    use super::{Cast, FAMILY};
    use crate::facts::Life;
    use crate::generate::DEFAULT_SEED;
    use crate::people::{Lookup, Population};

    const TODAY: Date = date!(2026 - 12 - 01);

    #[test]
    fn every_name_is_somebody_from_two_thousand_people_on() {
        for (people, today) in [(2_000, TODAY), (2_500, TODAY), (20_000, TODAY), (2_000, date!(2028 - 03 - 15))] {
            let cast = Cast::of(&Population::generate(DEFAULT_SEED, people, today));
            let missing: Vec<_> = Cast::names().filter(|name| cast.get(name).is_none()).collect();
            assert!(missing.is_empty(), "{people} people on {today}: {missing:?}");
        }
    }

    #[test]
    fn members_are_distinct_and_stay_the_same() {
        let population = Population::generate(DEFAULT_SEED, 2_000, TODAY);
        let cast = Cast::of(&population);
        let keys: BTreeSet<_> = cast.iter().map(|(_, key)| key).collect();
        assert_eq!(keys.len(), Cast::names().count());
        let again = Cast::of(&Population::generate(DEFAULT_SEED, 2_000, TODAY));
        assert!(cast.iter().eq(again.iter()));
        assert!(Cast::find(&population, "insured-adult") == cast.get("insured-adult"));
        assert!(Cast::find(&population, "nobody").is_none());
        let queue: BTreeSet<_> = (1..=60).filter_map(|number| cast.adult(number)).collect();
        assert_eq!(queue.len(), 60);
        assert!(queue.is_disjoint(&keys) && cast.adult(0).is_none() && cast.adult(61).is_none());
    }

    #[test]
    fn members_are_what_their_names_say() {
        let population = Population::generate(DEFAULT_SEED, 2_000, TODAY);
        let cast = Cast::of(&population);
        let view = |name| population.get(cast.get(name).unwrap()).unwrap();
        assert!(matches!(view("deceased").life(), Life::Died(_)));
        let cancelled = view("cancelled-number").cancelled_number().unwrap();
        assert!(population.by_number(&cancelled) == Lookup::Cancelled(view("cancelled-number").key()));
        let household = view(FAMILY[0]).household();
        assert!(FAMILY.iter().all(|name| view(name).household() == household));
        assert!(view("child-under-6").born().ages_on(TODAY).most < 6);
        let address = population.card_text(view("old-commune-address").key()).unwrap();
        assert!(address.contains("Quảng Bình"));
    }
}
