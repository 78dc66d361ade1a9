//! Where scenarios play: the synthetic province as it is on their day, and its cast by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use pilothouse_identity::{CardText, PersonKey};
use pilothouse_province::{Base, Cast, DEFAULT_SEED, Facility, Licence, Nationality};
use pilothouse_registry::scope::ReadingMethod;
use pilothouse_runtime::people::{Arrival, Kind, Presented};
use pilothouse_runtime::province::{Province, class_code};
use serde_json::Value;
use time::Date;

use crate::governance::{FrontDesk, SentReading};

/// People of a scenario's province: the cast is complete from half of them on.
const PEOPLE: u32 = 4_000;
/// The member of the cast who is presented by the number that was cancelled.
const CANCELLED: &str = "cancelled-number";

/// The province of one day.
pub(super) struct Stage {
    pub(super) province: Arc<Province>,
    today: Date,
    cast: Cast,
}

impl Stage {
    pub(super) fn of(today: Date) -> Stage {
        let province = Province::generate(DEFAULT_SEED, PEOPLE, today);
        let cast = Cast::of(&province.population);
        Stage { province: Arc::new(province), today, cast }
    }

    /// `hotel`, `hotel-2`, `suspended-hotel`: the n-th facility of a class whose licence is so.
    pub(super) fn facility(&self, name: &str) -> Result<&Facility, String> {
        let (suspended, rest) = name.strip_prefix("suspended-").map_or((false, name), |rest| (true, rest));
        let numbered = rest.rsplit_once('-').and_then(|(class, number)| Some((class, number.parse::<usize>().ok()?)));
        let (class, number) = numbered.unwrap_or((rest, 1));
        let fits = |facility: &&Facility| {
            let licence = if suspended {
                matches!(facility.licence, Licence::Suspended { .. })
            } else {
                matches!(facility.licence, Licence::Valid { .. })
            };
            class_code(facility) == class && licence
        };
        let found = self.province.facilities().iter().filter(fits).nth(number.saturating_sub(1));
        found.ok_or_else(|| format!("the province has no facility `{name}`"))
    }

    fn key(&self, persons: &BTreeMap<String, String>, name: &str) -> Result<(PersonKey, bool), String> {
        let member = persons.get(name).ok_or_else(|| format!("`${name}` is not among the given persons"))?;
        let one_of_many = member.strip_prefix("adult-").and_then(|number| number.parse::<usize>().ok());
        let key = match one_of_many {
            Some(number) => self.cast.adult(number),
            None => self.cast.get(member),
        };
        let key = key.ok_or_else(|| format!("the province's cast has no `{member}`"))?;
        Ok((key, member == CANCELLED))
    }

    fn number(&self, persons: &BTreeMap<String, String>, name: &str) -> Result<String, String> {
        let (key, cancelled) = self.key(persons, name)?;
        let view = self.province.population.get(key);
        let number = view.and_then(|view| if cancelled { view.cancelled_number() } else { view.number() });
        number.map(|number| number.reveal().to_owned()).ok_or_else(|| format!("`${name}` has no number"))
    }

    fn card_text(&self, persons: &BTreeMap<String, String>, name: &str) -> Result<String, String> {
        let (key, _) = self.key(persons, name)?;
        self.province.population.card_text(key).ok_or_else(|| format!("`${name}` has no card"))
    }

    fn commune(&self, persons: &BTreeMap<String, String>, name: &str) -> Result<String, String> {
        let (key, _) = self.key(persons, name)?;
        let home = self.province.population.get(key).and_then(|view| view.permanent_unit(Base::Current));
        home.map(|unit| unit.to_string()).ok_or_else(|| format!("`${name}` has no commune"))
    }

    /// Replaces `$name`, `$name.qr`, `$name.commune` and `$facility.name`, wherever they stand as a whole text.
    pub(super) fn fill(&self, persons: &BTreeMap<String, String>, value: &mut Value) -> Result<(), String> {
        match value {
            Value::String(text) => {
                if let Some(name) = text.strip_prefix('$') {
                    *text = if let Some(facility) = name.strip_prefix("facility.") {
                        self.facility(facility)?.id.clone()
                    } else if let Some(name) = name.strip_suffix(".qr") {
                        self.card_text(persons, name)?
                    } else if let Some(name) = name.strip_suffix(".commune") {
                        self.commune(persons, name)?
                    } else {
                        self.number(persons, name)?
                    };
                }
                Ok(())
            }
            Value::Array(items) => items.iter_mut().try_for_each(|item| self.fill(persons, item)),
            Value::Object(fields) => fields.values_mut().try_for_each(|field| self.fill(persons, field)),
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        }
    }

    /// A person as a device reads them. Chip and VNeID readings come from devices, which the front door has no text for.
    pub(super) fn reading(
        &self,
        persons: &BTreeMap<String, String>,
        name: &str,
        method: ReadingMethod,
    ) -> Result<Arrival, String> {
        let assurance = match method {
            ReadingMethod::QrCard => {
                let text = self.card_text(persons, name)?;
                let desk = FrontDesk::of_scenario(&self.province, self.today.midnight().assume_utc());
                let read = desk.read(&SentReading::Text(text), "");
                return read.map(|read| read.arrival).map_err(|error| error.to_string());
            }
            ReadingMethod::NfcChip => "possession",
            ReadingMethod::VneidQr => "verified",
            ReadingMethod::Face | ReadingMethod::Fingerprint => "biometric",
            ReadingMethod::Manual => "declared",
        };
        let (key, _) = self.key(persons, name)?;
        let card = match method {
            ReadingMethod::Manual => None,
            _ => Some(
                CardText::parse(&self.card_text(persons, name)?, self.today).map_err(|error| error.to_string())?.into(),
            ),
        };
        let foreigner =
            self.province.population.get(key).is_some_and(|view| view.nationality() != Nationality::VietNam);
        let kind = if foreigner { Kind::Foreigner } else { Kind::Citizen };
        let document_kind = if card.is_some() { "can-cuoc" } else { "unknown" };
        let presented = Presented {
            method,
            assurance: assurance.to_owned(),
            document_kind: document_kind.to_owned(),
            warnings: Vec::new(),
        };
        Ok(Arrival::known(key, kind, Some(presented), card))
    }
}
