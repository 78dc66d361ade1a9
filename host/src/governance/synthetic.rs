//! What people of the demonstration carry: chips of a synthetic issuer, and phones of the embedded identity provider.
//!
//! Only for synthetic people, and only here: what is made goes in by the front door like everyone else's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pilothouse_documents::Anchors;
use pilothouse_documents::code::{AccountLevel, CodeVerifier, IdentityProvider};
use pilothouse_documents::synthetic::{CardFactory, CardHolder};
use pilothouse_identity::PersonalNumber;
use pilothouse_province::Lookup;
use pilothouse_registry::FacilityId;
use pilothouse_registry::files::write_whole;
use pilothouse_runtime::keys::Secret;
use time::OffsetDateTime;

use super::reading::SentChip;
use super::{House, HouseError, now};

/// The operator's list of issuers in the data folder; the demonstration's own until it is replaced.
const ISSUERS: &str = "csca.pem";
/// Name of the embedded identity provider in its codes.
const PROVIDER: &str = "pilothouse-demonstration";

/// The embedded issuers: of cards and of codes.
pub(crate) struct Issuers {
    /// None in a real installation.
    demonstration: Option<Synthetic>,
}

/// Those of a demonstration.
struct Synthetic {
    cards: CardFactory,
    phones: IdentityProvider,
}

impl Issuers {
    pub(crate) fn new(secret: &Secret, is_demonstration: bool) -> Result<Issuers, HouseError> {
        if !is_demonstration {
            return Ok(Issuers { demonstration: None });
        }
        let cards = CardFactory::new(&secret.derive("synthetic-csca"));
        let demonstration = Synthetic {
            cards: cards.map_err(|error| HouseError::Policy(error.to_string()))?,
            phones: IdentityProvider::new(PROVIDER, &secret.derive("identity-provider")),
        };
        Ok(Issuers { demonstration: Some(demonstration) })
    }

    /// Whose codes are believed: in a real installation nobody's, until a provider is connected.
    pub(crate) fn verifier(&self) -> CodeVerifier {
        self.demonstration.as_ref().map_or_else(CodeVerifier::nobody, |demonstration| demonstration.phones.verifier())
    }

    fn demonstration(&self) -> Result<&Synthetic, HouseError> {
        self.demonstration.as_ref().ok_or(HouseError::NoDemonstration)
    }

    /// The list of issuers that this house trusts: the operator's file, or the one of the data folder, which is written
    /// with the synthetic issuer at the first start.
    pub(crate) fn trusted(&self, dir: &Path, own: Option<&PathBuf>) -> Result<Anchors, HouseError> {
        let path = own.cloned().unwrap_or_else(|| dir.join(ISSUERS));
        let file = |source| HouseError::File { path: path.display().to_string(), source };
        if own.is_none() && !path.exists() {
            let Some(demonstration) = &self.demonstration else { return Ok(Anchors::none()) };
            write_whole(&path, demonstration.cards.list_pem().as_bytes()).map_err(file)?;
        }
        let list = std::fs::read(&path).map_err(file)?;
        Anchors::read(&list).map_err(|source| HouseError::Issuers { path: path.display().to_string(), source })
    }
}

impl House {
    /// The chip of a synthetic person's card, as a reader reads it.
    ///
    /// # Errors
    /// Where nobody synthetic has this number, or they have no card.
    pub fn synthetic_chip(&self, number: &str) -> Result<SentChip, HouseError> {
        self.only_in_a_demonstration()?;
        let number = self.synthetic(number)?;
        let population = &self.0.province.population;
        let (Lookup::Found(key) | Lookup::Cancelled(key)) = population.by_number(&number) else {
            return Err(unknown());
        };
        let view = population.get(key).ok_or_else(unknown)?;
        let without = || HouseError::WithoutCard;
        let card = view.card().ok_or_else(without)?;
        let holder = CardHolder {
            number,
            name: view.name().ok_or_else(without)?,
            born: view.born().reveal(),
            address: view.address_on(card.issued),
            old_number: view.old_number(),
            issued: card.issued,
            expires: card.expires,
        };
        let chip = self.0.issuers.demonstration()?.cards.card(&holder);
        Ok(SentChip {
            sod: STANDARD.encode(&chip.sod),
            groups: chip.groups.iter().map(|(number, group)| (*number, STANDARD.encode(group))).collect(),
            hashes: BTreeMap::from([(2, hex::encode(&chip.picture_hash))]),
        })
    }

    /// A code as the phone of a synthetic person would show it at a facility.
    ///
    /// # Errors
    /// Where nobody synthetic has this number.
    pub fn synthetic_code(&self, number: &str, facility: &FacilityId) -> Result<String, HouseError> {
        self.only_in_a_demonstration()?;
        let number = self.synthetic(number)?;
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(|_| HouseError::Policy("the system gives no randomness".to_owned()))?;
        let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(now()) * 1_000);
        let at = at.map_err(|_| HouseError::Policy("the clock".to_owned()))?;
        Ok(self.0.issuers.demonstration()?.phones.code(&number, AccountLevel::Two, facility.as_str(), &nonce, at))
    }

    /// Whose number it is must be in the synthetic register, and be a number that no one real has.
    fn synthetic(&self, number: &str) -> Result<PersonalNumber, HouseError> {
        let number = PersonalNumber::parse(number.trim())
            .map_err(|error| HouseError::Malformed { what: "number", message: error.to_string() })?;
        let known = !matches!(self.0.province.population.by_number(&number), Lookup::None);
        if known && number.is_synthetic() { Ok(number) } else { Err(unknown()) }
    }
}

fn unknown() -> HouseError {
    // The number itself is not repeated.
    HouseError::Unknown { what: "synthetic person", id: "of this number".to_owned() }
}
