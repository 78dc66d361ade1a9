//! Who goes out on the day: synthetic people with the cards in their pockets, and the places that they come to.

use std::collections::BTreeMap;
use std::path::Path;

use pilothouse_identity::{CardText, NameVerdict, PersonalNumber};
use pilothouse_province::{Base, CardState, Facility, FacilityClass, Licence, Life, Lookup, Nationality, PersonView};
use pilothouse_registry::files::write_whole;
use pilothouse_runtime::province::Province;
use serde::{Deserialize, Serialize};
use time::Date;

use super::trade::Trade;

/// File of the data folder that says of which synthetic people a host's province is made.
const FILE: &str = "province.json";
/// Places of a class that take part.
const PLACES: usize = 3;
/// People of each kind that an error needs.
const OF_A_KIND: usize = 12;
/// Youngest who checks in alone.
const ADULT: u16 = 18;

/// Of which synthetic people a host's province is made: whoever knows it knows their cards, and no real person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Folk {
    pub(crate) seed: u64,
    pub(crate) people: u32,
    /// The day on which their cards and insurances stand as they do.
    pub(crate) day: Date,
}

impl Folk {
    /// Writes it into a data folder.
    pub(crate) fn write(&self, data: &Path) -> std::io::Result<()> {
        write_whole(&data.join(FILE), &serde_json::to_vec(self)?)
    }

    /// Reads it from a data folder.
    pub(crate) fn read(data: &Path) -> std::io::Result<Folk> {
        Ok(serde_json::from_slice(&std::fs::read(data.join(FILE))?)?)
    }
}

/// A synthetic person, as the desk meets them. No `Debug`: habits that hold for real people hold here.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Citizen {
    pub(crate) number: String,
    /// The text of the card's QR code.
    pub(crate) card: String,
    /// The commune where they live, by its code of today; none outside the province.
    pub(crate) commune: Option<String>,
}

/// A place that takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) facility: String,
    pub(crate) unit: String,
    /// Beds, seats or counters.
    pub(crate) capacity: u32,
    /// Who runs a coach.
    pub(crate) operator: Option<String>,
}

/// Everyone and every place of the day.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Crowd {
    /// Living adults with valid cards.
    pub(crate) plain: Vec<Citizen>,
    /// Living adults whose cards have expired.
    pub(crate) expired: Vec<Citizen>,
    /// Dead people whose cards still look valid.
    pub(crate) dead: Vec<Citizen>,
    /// Well-formed numbers that nobody has.
    pub(crate) nobodies: Vec<String>,
    /// Places by their trade.
    pub(crate) places: BTreeMap<Trade, Vec<Spot>>,
}

impl Crowd {
    /// Draws them from the province, at most so many plain people.
    pub(crate) fn of(province: &Province, today: Date, most: usize) -> Crowd {
        let mut crowd = Crowd {
            plain: Vec::new(),
            expired: Vec::new(),
            dead: Vec::new(),
            nobodies: nobodies(province),
            places: Trade::ALL.into_iter().map(|trade| (trade, spots(province, trade))).collect(),
        };
        let population = &province.population;
        for key in population.iter_keys() {
            if crowd.plain.len() >= most && crowd.expired.len() >= OF_A_KIND && crowd.dead.len() >= OF_A_KIND {
                break;
            }
            let Some(view) = population.get(key) else { continue };
            let (Some(number), Some(card)) = (view.number(), population.card_text(key)) else { continue };
            // The register holds planted errors: who has a card that no reader takes is none of these.
            let Ok(read) = CardText::parse(&card, today) else { continue };
            // Likewise whose name on the card is only near that of the register: a desk is asked to look.
            let is_named_alike = read
                .name
                .as_ref()
                .zip(view.name())
                .is_some_and(|(card, register)| register.compare(card.reveal()) == NameVerdict::Equal);
            let (group, most) = match kind(&view, today) {
                Some(Kind::Plain) if !is_named_alike => continue,
                Some(Kind::Plain) => (&mut crowd.plain, most),
                Some(Kind::Expired) => (&mut crowd.expired, OF_A_KIND),
                Some(Kind::Dead) => (&mut crowd.dead, OF_A_KIND),
                None => continue,
            };
            if group.len() < most {
                let commune = view.permanent_unit(Base::Current).map(|unit| unit.to_string());
                group.push(Citizen { number: number.reveal().to_owned(), card, commune });
            }
        }
        crowd
    }

    /// The places of a trade.
    pub(super) fn places(&self, trade: Trade) -> &[Spot] {
        self.places.get(&trade).map(Vec::as_slice).unwrap_or_default()
    }
}

enum Kind {
    Plain,
    Expired,
    Dead,
}

fn kind(view: &PersonView<'_>, today: Date) -> Option<Kind> {
    let card = view.card()?;
    match (view.life(), card.state) {
        (Life::Died(_), CardState::Valid) => Some(Kind::Dead),
        (Life::Died(_), _) => None,
        (Life::Alive, _) if view.born().ages_on(today).least < ADULT || view.nationality() != Nationality::VietNam => {
            None
        }
        (Life::Alive, CardState::Valid) if view.cancelled_number().is_none() => Some(Kind::Plain),
        (Life::Alive, CardState::Expired) => Some(Kind::Expired),
        (Life::Alive, _) => None,
    }
}

/// Numbers of synthetic form that the register does not have.
fn nobodies(province: &Province) -> Vec<String> {
    let free = |text: &String| {
        PersonalNumber::parse(text).is_ok_and(|number| matches!(province.population.by_number(&number), Lookup::None))
    };
    (990_000..=999_999_u32).rev().map(|serial| format!("044099{serial}")).filter(free).take(OF_A_KIND).collect()
}

fn spots(province: &Province, trade: Trade) -> Vec<Spot> {
    let open = |class| province.facilities().of_class(class).filter(|facility| is_open(facility));
    let operator = open(FacilityClass::CoachOperator).next().map(|operator| operator.id.clone());
    let spot = |facility: &Facility| Spot {
        facility: facility.id.clone(),
        unit: facility.unit.to_string(),
        capacity: facility.capacity,
        operator: operator.clone().filter(|_| trade == Trade::Coach),
    };
    open(trade.class()).take(PLACES).map(spot).collect()
}

fn is_open(facility: &Facility) -> bool {
    matches!(facility.licence, Licence::Valid { .. })
}

#[cfg(test)]
mod tests {
    use pilothouse_province::DEFAULT_SEED;

    use super::*;

    #[test]
    fn whoever_goes_out_has_a_card_that_readers_take() {
        let day = time::macros::date!(2026 - 03 - 02);
        let province = Province::generate(DEFAULT_SEED, 5_000, day);
        let crowd = Crowd::of(&province, day, 2_000);
        assert_eq!(crowd.plain.len(), 2_000);
        for citizen in crowd.plain.iter().chain(&crowd.expired).chain(&crowd.dead) {
            assert!(CardText::parse(&citizen.card, day).is_ok());
        }
    }
}
