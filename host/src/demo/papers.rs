//! What people hold against a reader: a card's text, its chip, a code on the phone; and such as are not what they were.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pilothouse_documents::synthetic::CardFactory;
use reqwest::Method;
use serde_json::{Value, json};

use super::crowd::{Citizen, Crowd};
use super::door::{Asker, Door, DoorError};
use super::plan::{By, Who};

/// Seed of the issuer whom nobody trusts.
const FOREIGN: [u8; 32] = [0xf0; 32];
/// The group with the holder's text, which a forger alters.
const TEXT: u8 = 13;

/// The number of somebody, or their card's text.
pub(super) fn named(crowd: &Crowd, who: Who, by: By) -> String {
    let of = |people: &[Citizen], place: usize| {
        let citizen = people.get(place);
        citizen.map(|citizen| if by == By::Card { &citizen.card } else { &citizen.number }.clone()).unwrap_or_default()
    };
    match who {
        Who::Plain(place) => of(&crowd.plain, place),
        Who::Expired(place) => of(&crowd.expired, place),
        Who::Dead(place) => of(&crowd.dead, place),
        Who::Nobody(place) => crowd.nobodies.get(place).cloned().unwrap_or_default(),
        Who::Typo(place) => {
            let mut number = of(&crowd.plain, place);
            number.pop();
            number
        }
        Who::Cut(place) => {
            let card = of(&crowd.plain, place);
            card.chars().take(card.chars().count() / 3).collect()
        }
    }
}

/// The chip of somebody's card as a reader reads it, or what was made of it.
pub(super) async fn chip(door: &Door, officer: &Asker, number: &str, by: By) -> Result<Value, DoorError> {
    let body = json!({ "number": number });
    let (_, mut chip) = door.ask(Method::POST, officer, "/v1/synthetic/chips", Some(&body)).await?;
    match by {
        By::AlteredChip => alter(&mut chip),
        By::ForeignChip => resign(&mut chip),
        _ => {}
    }
    Ok(chip)
}

/// A code as somebody's phone shows it at a place.
pub(super) async fn code(door: &Door, officer: &Asker, number: &str, facility: &str) -> Result<Value, DoorError> {
    let body = json!({ "number": number, "facility": facility });
    let (_, shown) = door.ask(Method::POST, officer, "/v1/synthetic/codes", Some(&body)).await?;
    Ok(shown.get("code").cloned().unwrap_or_default())
}

/// Another text in the chip than was signed.
fn alter(chip: &mut Value) {
    let Some(group) = chip.pointer_mut(&format!("/groups/{TEXT}")) else { return };
    let Some(mut bytes) = group.as_str().and_then(|text| STANDARD.decode(text).ok()) else { return };
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    *group = json!(STANDARD.encode(bytes));
}

/// The same text, signed by an issuer whom nobody trusts.
fn resign(chip: &mut Value) {
    let Some(groups) = chip.get("groups").and_then(Value::as_object) else { return };
    let groups: BTreeMap<u8, Vec<u8>> = groups
        .iter()
        .filter_map(|(number, group)| Some((number.parse().ok()?, STANDARD.decode(group.as_str()?).ok()?)))
        .collect();
    let Ok(factory) = CardFactory::new(&FOREIGN) else { return };
    let forged = factory.chip_of(groups.into_iter().collect());
    *chip = json!({
        "sod": STANDARD.encode(&forged.sod),
        "groups": forged.groups.iter().map(|(number, group)| (number.to_string(), STANDARD.encode(group))).collect::<BTreeMap<_, _>>(),
        "hashes": { "2": hex::encode(&forged.picture_hash) },
    });
}
