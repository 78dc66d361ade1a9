//! People of one call, as handles: who a handle is stays on this side, a guest gets a number and at most a pseudonym.

use std::cell::OnceCell;
use std::sync::Arc;

use pilothouse_evidence::SealKey;
use pilothouse_identity::{CardFacts, PersonKey};
use pilothouse_registry::PilotId;
pub use pilothouse_registry::scope::PersonKind as Kind;
use pilothouse_registry::scope::ReadingMethod;

use crate::keys::{Secret, base32, mac};

/// Most people in one call: a group of 100 guests and their households, and a bound on the host's memory.
pub const MAX_PEOPLE: usize = 256;
/// A token in a call's input or outcome: this and the handle's number.
const TOKEN: &str = "person:";

/// What a guest holds: the number of a person in its call. Says nothing else, so it may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person(pub(crate) u32);

/// What a caller declared of someone without a number. Identity data: no `Debug`, and it leaves only towards the provider of an effect.
#[derive(Clone)]
pub struct Declared {
    /// `passport`, `birth-certificate`, `insurance-card`, `none`.
    pub document: String,
    /// Country of the document, three letters.
    pub country: Option<String>,
    /// Number of the document.
    pub number: Option<String>,
    /// Name as the document writes it.
    pub name: Option<String>,
}

/// How a person was presented.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Presented {
    /// How it was read.
    pub method: ReadingMethod,
    /// `declared`, `copied`, …
    pub assurance: String,
    /// `cccd`, `can-cuoc`, `unknown`.
    pub document_kind: String,
    /// Codes of what was odd.
    pub warnings: Vec<String>,
}

impl Presented {
    /// A number that was typed: as good as said.
    pub fn typed() -> Presented {
        let (assurance, document_kind) = ("declared".to_owned(), "unknown".to_owned());
        Presented { method: ReadingMethod::Manual, assurance, document_kind, warnings: Vec::new() }
    }
}

/// Who a handle stands for.
pub(crate) enum Who {
    Known(PersonKey),
    Declared(Declared),
    /// In a replay: the recording answers every question, so nobody is behind the handle.
    Recorded,
}

/// One person of a call, before it has a handle.
pub struct Arrival {
    pub(crate) who: Who,
    pub(crate) kind: Kind,
    pub(crate) presented: Option<Presented>,
    /// What the caller read off a card; compared with the database by claims, never given to a guest.
    pub(crate) card: Option<Box<CardFacts>>,
}

impl Arrival {
    /// A person of the population database.
    pub fn known(key: PersonKey, kind: Kind, presented: Option<Presented>, card: Option<CardFacts>) -> Arrival {
        Arrival { who: Who::Known(key), kind, presented, card: card.map(Box::new) }
    }

    /// Someone for whom a paper was declared.
    pub fn declared(facts: Declared) -> Arrival {
        let kind = match (facts.document.as_str(), facts.country.as_deref()) {
            ("passport", Some(country)) if country != "VNM" => Kind::Foreigner,
            _ => Kind::Unidentified,
        };
        Arrival { who: Who::Declared(facts), kind, presented: None, card: None }
    }

    pub(crate) fn recorded(kind: Kind, presented: Option<Presented>) -> Arrival {
        Arrival { who: Who::Recorded, kind, presented, card: None }
    }
}

pub(crate) struct Entry {
    pub(crate) arrival: Arrival,
    pseudonym: OnceCell<String>,
}

/// The people of one call. A handle is an index; nothing outside this room turns one into a person.
pub(crate) struct People {
    entries: Vec<Entry>,
    keys: Arc<PilotKeys>,
    /// Salt for people of whom nothing is known, so that two of them are not one.
    call: String,
}

/// One too many people in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {MAX_PEOPLE} people in one call: split the work into several")]
pub(crate) struct TooManyPeople;

/// What a provider may know of a person: who it is, and what the caller presented.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) who: &'a Who,
    pub(crate) card: Option<&'a CardFacts>,
}

impl Subject<'_> {
    /// The key in the register; none for someone who only declared a paper.
    pub(crate) fn key(&self) -> Option<PersonKey> {
        match self.who {
            Who::Known(key) => Some(*key),
            Who::Declared(_) | Who::Recorded => None,
        }
    }
}

impl People {
    pub(crate) fn new(keys: Arc<PilotKeys>, call: String, arrivals: Vec<Arrival>) -> People {
        let entries = arrivals.into_iter().map(|arrival| Entry { arrival, pseudonym: OnceCell::new() }).collect();
        People { entries, keys, call }
    }

    pub(crate) fn add(&mut self, arrival: Arrival) -> Result<Person, TooManyPeople> {
        if self.entries.len() >= MAX_PEOPLE {
            return Err(TooManyPeople);
        }
        let number = u32::try_from(self.entries.len()).map_err(|_| TooManyPeople)?;
        self.entries.push(Entry { arrival, pseudonym: OnceCell::new() });
        Ok(Person(number))
    }

    pub(crate) fn get(&self, person: Person) -> Option<&Entry> {
        self.entries.get(person.0 as usize)
    }

    /// Of a handle that this call gave out; a person without an entry is a host's bug and answers as one of whom nothing is known.
    pub(crate) fn subject(&self, person: Person) -> Subject<'_> {
        const NOBODY: &Who = &Who::Recorded;
        match self.get(person) {
            Some(entry) => Subject { who: &entry.arrival.who, card: entry.arrival.card.as_deref() },
            None => Subject { who: NOBODY, card: None },
        }
    }

    /// The pairwise pseudonym: stable for this pilot, different for every other.
    pub(crate) fn pseudonym(&self, person: Person) -> Option<&str> {
        let entry = self.get(person)?;
        Some(entry.pseudonym.get_or_init(|| self.keys.pseudonym(&entry.arrival.who, &self.call, person.0)))
    }

    pub(crate) fn of_token(&self, token: &str) -> Option<Person> {
        let number: u32 = token.strip_prefix(TOKEN)?.parse().ok()?;
        ((number as usize) < self.entries.len()).then_some(Person(number))
    }

    pub(crate) fn keys(&self) -> &PilotKeys {
        &self.keys
    }
}

impl Person {
    /// Whom a reading is of.
    pub(crate) const FIRST: Person = Person(0);

    /// How inputs and outcomes of this call name the person.
    pub fn token(self) -> String {
        format!("{TOKEN}{}", self.0)
    }

    /// The number of the handle in its call.
    pub fn number(self) -> u32 {
        self.0
    }
}

/// The keys that make a person of the register a stranger to everyone but one pilot.
pub struct PilotKeys {
    pseudonyms: [u8; 32],
    references: SealKey,
    label: String,
}

impl PilotKeys {
    /// Keys of a pilot. Another `rotation` gives every person a new pseudonym and makes old sealed references void.
    pub fn new(secret: &Secret, pilot: &PilotId, rotation: u32) -> PilotKeys {
        let label = format!("{pilot}/{rotation}");
        PilotKeys {
            pseudonyms: secret.derive(&format!("pseudonym/{label}")),
            references: SealKey::from_bytes(secret.derive(&format!("reference/{label}"))),
            label,
        }
    }

    fn pseudonym(&self, who: &Who, call: &str, number: u32) -> String {
        let full = match who {
            Who::Known(key) => mac(&self.pseudonyms, &[b"register", &key.raw().to_le_bytes()]),
            Who::Declared(Declared { document, country, number: Some(paper), .. }) => mac(
                &self.pseudonyms,
                &[b"paper", document.as_bytes(), country.as_deref().unwrap_or("").as_bytes(), paper.as_bytes()],
            ),
            Who::Declared(_) | Who::Recorded => {
                mac(&self.pseudonyms, &[b"nobody", call.as_bytes(), &number.to_le_bytes()])
            }
        };
        let mut half = [0; 16];
        half.copy_from_slice(&full[..16]);
        base32(half)
    }

    /// The pseudonym of a person of the register, who need not be in the call.
    pub(crate) fn pseudonym_of(&self, key: PersonKey) -> String {
        self.pseudonym(&Who::Known(key), "", 0)
    }

    /// A reference to a person of the register that only this host can reopen, for this pilot.
    pub(crate) fn seal(&self, key: PersonKey) -> Option<String> {
        self.references.seal(&self.label, &key.raw().to_le_bytes()).ok().map(hex::encode)
    }

    /// The person behind a sealed reference; none where it is not ours.
    pub(crate) fn reopen(&self, sealed: &str) -> Option<PersonKey> {
        if sealed.len() > 128 {
            return None;
        }
        let bytes = self.references.open(&self.label, &hex::decode(sealed).ok()?).ok()?;
        Some(PersonKey::new(u32::from_le_bytes(bytes.try_into().ok()?)))
    }
}
