//! What a desk, a reader, a phone or a kiosk sends about a person, checked against this house's lists, to a person of the
//! register with the rung of proof by which they came.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::VerifyingKey;
use pilothouse_documents::code::CodeVerifier;
use pilothouse_documents::kiosk::KioskResult;
use pilothouse_documents::{Anchors, Checks, ChipFiles, Method, Reading, ReadingError, Sent, Times};
use pilothouse_identity::{CardKind, CardLabels, PersonKey, PersonalNumber};
use pilothouse_province::Lookup;
use pilothouse_registry::scope::ReadingMethod;
use pilothouse_runtime::people::{Arrival, Kind, Presented};
use pilothouse_runtime::province::Province;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::intake::IntakeError;
use super::{Caller, House};

/// Most data groups in one reading: as many as a card can have.
const MAX_GROUPS: usize = 16;

/// What was sent. Identity data: gone when the person has become a handle.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SentReading {
    /// The text of a card's QR code.
    Text(String),
    /// The files of a card's chip.
    Chip(SentChip),
    /// A code of VNeID.
    Vneid(String),
    /// A kiosk's signed result.
    Kiosk(SentKiosk),
}

/// The files of a chip as they travel.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentChip {
    /// `EF.SOD`, base64.
    pub sod: String,
    /// Data groups by number, base64. Never 2 to 4.
    pub groups: BTreeMap<u8, String>,
    /// Hashes of groups that stay with the reader, such as the picture's, hexadecimal.
    #[serde(default)]
    pub hashes: BTreeMap<u8, String>,
}

/// A kiosk's result as it travels.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentKiosk {
    /// Which device.
    pub device: String,
    /// The signed text, base64.
    pub result: String,
    /// The signature, base64.
    pub signature: String,
}

/// Where and when something is read, and with what it is checked.
#[derive(Clone, Copy)]
pub struct FrontDesk<'a> {
    /// The register that people are looked up in.
    pub province: &'a Province,
    /// The house's lists; scenarios have none and read card texts only.
    pub lists: Option<Lists<'a>>,
    /// The facility, for which codes of VNeID must be made.
    pub facility: &'a str,
    /// When it was read, and when it came in.
    pub times: Times,
}

/// With what chips, codes and kiosks are checked.
#[derive(Clone, Copy)]
pub struct Lists<'a> {
    /// The issuers of chips that the operator trusts.
    pub anchors: &'a Anchors,
    /// Who knows the codes of VNeID.
    pub codes: &'a CodeVerifier,
    /// What may stand in front of a card's text.
    pub labels: &'a CardLabels,
    /// The key of an enrolled device of this facility, by its id.
    pub kiosks: &'a (dyn Fn(&str) -> Option<VerifyingKey> + Sync),
}

/// Somebody who was read.
pub struct Read {
    /// The person, with the reading by which they came.
    pub arrival: Arrival,
    /// What must never be taken twice: a code's or a result's nonce.
    pub once: Option<String>,
    /// When, where the signed result itself says so.
    pub captured_at: Option<OffsetDateTime>,
    /// How.
    pub method: ReadingMethod,
}

impl<'a> FrontDesk<'a> {
    /// A desk in a scenario.
    #[must_use]
    pub fn of_scenario(province: &'a Province, now: OffsetDateTime) -> FrontDesk<'a> {
        FrontDesk { province, lists: None, facility: "", times: Times { captured_at: now, now } }
    }

    /// Checks a reading and finds its person. `pointer` is where it stands in the request.
    ///
    /// # Errors
    /// The reading's own code, `reading-malformed`, or `person-unknown`.
    pub fn read(&self, sent: &SentReading, pointer: &str) -> Result<Read, IntakeError> {
        let refused = |error: ReadingError| IntakeError::new(pointer, error.code(), error.to_string());
        let malformed = |field: &str, what: &str| {
            IntakeError::new(&format!("{pointer}{field}"), "reading-malformed", format!("send {what}"))
        };
        let reading = match sent {
            SentReading::Text(text) => {
                let none = CardLabels::none();
                let labels = self.lists.map_or(&none, |lists| lists.labels);
                Reading::card(text.as_bytes(), labels, self.times).map_err(refused)?
            }
            SentReading::Chip(chip) => {
                if chip.groups.len() > MAX_GROUPS || chip.hashes.len() > MAX_GROUPS {
                    return Err(malformed("/groups", "at most 16 data groups and hashes"));
                }
                let sod = STANDARD.decode(&chip.sod).map_err(|_| malformed("/sod", "EF.SOD in base64"))?;
                let groups = unpacked(&chip.groups, |text| STANDARD.decode(text).ok());
                let groups = groups.ok_or_else(|| malformed("/groups", "each data group in base64"))?;
                let hashes = unpacked(&chip.hashes, |text| hex::decode(text).ok());
                let hashes = hashes.ok_or_else(|| malformed("/hashes", "each hash in hexadecimal"))?;
                let (groups, hashes) = (borrowed(&groups), borrowed(&hashes));
                let files = ChipFiles { sod: &sod, groups: &groups, hashes: &hashes };
                self.check(&Sent::Chip(files), pointer)?
            }
            SentReading::Vneid(code) => self.check(&Sent::Code { code, audience: self.facility }, pointer)?,
            SentReading::Kiosk(kiosk) => {
                let result =
                    STANDARD.decode(&kiosk.result).map_err(|_| malformed("/result", "the result in base64"))?;
                let signature = STANDARD.decode(&kiosk.signature);
                let signature = signature.map_err(|_| malformed("/signature", "the signature in base64"))?;
                let key = self.lists.and_then(|lists| (lists.kiosks)(&kiosk.device)).ok_or_else(|| {
                    IntakeError::new(
                        &format!("{pointer}/device"),
                        "kiosk-unknown",
                        "no device of this facility with that id is enrolled: have the working group enrol the kiosk",
                    )
                })?;
                let result = KioskResult { result: &result, signature: &signature };
                self.check(&Sent::Kiosk { device: &kiosk.device, key: &key, result }, pointer)?
            }
        };
        self.known(reading, pointer)
    }

    fn check(&self, sent: &Sent<'_>, pointer: &str) -> Result<Reading, IntakeError> {
        let lists = self.lists.ok_or_else(|| {
            IntakeError::new(
                pointer,
                "reading-malformed",
                "scenarios read card texts; name the method of a device instead",
            )
        })?;
        let checks = Checks { anchors: lists.anchors, codes: lists.codes, labels: lists.labels };
        Reading::check(sent, checks, self.times)
            .map_err(|error| IntakeError::new(pointer, error.code(), error.to_string()))
    }

    /// The person of a number, with how the number came in.
    fn known(&self, reading: Reading, pointer: &str) -> Result<Read, IntakeError> {
        let key = self.find(&reading.number).ok_or_else(|| IntakeError::unknown(pointer))?;
        let method = method(reading.method);
        let presented = Presented {
            method,
            assurance: reading.assurance.code().to_owned(),
            document_kind: reading.document.map_or("unknown", CardKind::code).to_owned(),
            warnings: reading.warnings.iter().map(|warning| warning.code().to_owned()).collect(),
        };
        let kind = self.kind(key).ok_or_else(|| IntakeError::unknown(pointer))?;
        let captured_at = matches!(reading.method, Method::Face | Method::Fingerprint).then_some(reading.captured_at);
        Ok(Read {
            arrival: Arrival::known(key, kind, Some(presented), reading.facts),
            once: reading.once,
            captured_at,
            method,
        })
    }

    /// Who has this number now, or had it until it was replaced.
    pub(super) fn find(&self, number: &PersonalNumber) -> Option<PersonKey> {
        match self.province.population.by_number(number) {
            Lookup::Found(key) | Lookup::Cancelled(key) => Some(key),
            Lookup::None => None,
        }
    }

    /// Whether a person of the register is a citizen.
    pub(super) fn kind(&self, key: PersonKey) -> Option<Kind> {
        let view = self.province.population.get(key)?;
        let is_citizen = view.nationality() == pilothouse_province::Nationality::VietNam;
        Some(if is_citizen { Kind::Citizen } else { Kind::Foreigner })
    }
}

impl House {
    /// The key of a kiosk of the caller's own facility.
    pub(super) fn kiosk_key(&self, caller: &Caller, device: &str) -> Option<VerifyingKey> {
        self.0.devices.key_at(device, caller.facility.as_ref()?)
    }
}

const fn method(method: Method) -> ReadingMethod {
    match method {
        Method::QrCard => ReadingMethod::QrCard,
        Method::NfcChip => ReadingMethod::NfcChip,
        Method::VneidQr => ReadingMethod::VneidQr,
        Method::Face => ReadingMethod::Face,
        Method::Fingerprint => ReadingMethod::Fingerprint,
    }
}

fn unpacked(texts: &BTreeMap<u8, String>, unpack: impl Fn(&str) -> Option<Vec<u8>>) -> Option<Vec<(u8, Vec<u8>)>> {
    texts.iter().map(|(number, text)| Some((*number, unpack(text)?))).collect()
}

fn borrowed(files: &[(u8, Vec<u8>)]) -> Vec<(u8, &[u8])> {
    files.iter().map(|(number, bytes)| (*number, bytes.as_slice())).collect()
}
