//! The synthetic people of a house under test: the same seed and count as the host's, so the same people.

use pilothouse_identity::PersonalNumber;
use pilothouse_province::{Cast, DEFAULT_SEED, Lookup, Population};
use time::{OffsetDateTime, UtcOffset};

/// How many people the houses of the tests have: the fewest that the program takes.
pub const PEOPLE: u32 = 2_000;

/// What a desk may see of a synthetic person, in the clear.
#[derive(Debug, Clone)]
pub struct Synthetic {
    /// The personal number.
    pub number: String,
    /// The full name.
    pub name: String,
    /// The text of the card's QR code.
    pub card: String,
}

/// The register that the host makes today.
#[must_use]
pub fn population() -> Population {
    let province = UtcOffset::from_hms(7, 0, 0).expect("the province's offset");
    Population::generate(DEFAULT_SEED, PEOPLE, OffsetDateTime::now_utc().to_offset(province).date())
}

/// The member of the cast with that name.
///
/// # Panics
/// Where the register has none, or one without number, name or card.
#[must_use]
pub fn cast(population: &Population, name: &str) -> Synthetic {
    let key = Cast::find(population, name).unwrap_or_else(|| panic!("the cast has no {name}"));
    let view = population.get(key).expect("a member of the cast is in the register");
    Synthetic {
        number: view.number().expect("a number").reveal().to_owned(),
        name: view.name().expect("a name").reveal().to_owned(),
        card: population.card_text(key).expect("a card"),
    }
}

/// A well-formed number that nobody has.
///
/// # Panics
/// Where every number of that year is given out.
#[must_use]
pub fn nobody(population: &Population) -> String {
    (990_000..=999_999_u32)
        .rev()
        .map(|serial| format!("044099{serial}"))
        .find(|text| {
            PersonalNumber::parse(text).is_ok_and(|number| matches!(population.by_number(&number), Lookup::None))
        })
        .expect("fewer people than numbers")
}
