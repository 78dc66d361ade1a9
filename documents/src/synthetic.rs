//! A factory of synthetic issuers and cards, for demonstrations and tests.
//!
//! Everything that it makes is marked: subjects begin with `SYNTHETIC` and stand in country **XX**, never VN, and every
//! reading of such a card carries the warning `synthetic`. The same seed makes the same bytes.

use const_oid::ObjectIdentifier;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::EncodePublicKey;
use pilothouse_identity::{AddressText, FullName, OldNumber, PartialDate, PersonalNumber, key_b};
use sha2::{Digest as _, Sha256};
use time::{Date, macros::date};

use crate::tlv::element;
use crate::{ChipFiles, mrz, text_group};

const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA256_ECDSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const SECURITY_OBJECT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.136.1.1.1");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");

/// Common name of a signer's certificate; that of an issuer's has four digits of its seed, so that two issuers are two.
const SIGNER: &str = "SYNTHETIC document signer (test only)";
/// Days between which the issuer's certificate is valid.
const ISSUER_VALID: (Date, Date) = (date!(2021 - 01 - 01), date!(2049 - 12 - 31));
/// Days between which the demonstration's signer is valid; cards are valid for up to 25 years.
const SIGNER_VALID: (Date, Date) = (date!(2021 - 01 - 01), date!(2046 - 12 - 31));

/// A factory could not make what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this seed makes no key: use another one")]
pub struct FactoryError;

/// A signer of cards.
#[derive(Clone, Copy, Debug)]
pub struct SignerTerms {
    /// Serial number of its certificate.
    pub serial: u8,
    /// First and last day of its certificate.
    pub valid: (Date, Date),
    /// A forgery: a signer that names the issuer of this other seed, which never signed it.
    pub borrowed_name: Option<[u8; 32]>,
}

impl Default for SignerTerms {
    fn default() -> Self {
        Self { serial: 2, valid: SIGNER_VALID, borrowed_name: None }
    }
}

/// What a card is made for.
pub struct CardHolder {
    /// Number.
    pub number: PersonalNumber,
    /// Name.
    pub name: FullName,
    /// Date of birth.
    pub born: PartialDate,
    /// Residence on the day of issue.
    pub address: Option<AddressText>,
    /// The number of the card before.
    pub old_number: Option<OldNumber>,
    /// Day of issue.
    pub issued: Date,
    /// Last day.
    pub expires: Option<Date>,
}

/// The files of a synthetic chip.
#[derive(Clone, PartialEq, Eq)]
pub struct Chip {
    /// `EF.SOD`.
    pub sod: Vec<u8>,
    /// Groups 1 and 13.
    pub groups: Vec<(u8, Vec<u8>)>,
    /// SHA-256 of group 2, as a reader sends it in place of the picture.
    pub picture_hash: Vec<u8>,
}

impl Chip {
    /// Gives the files to `check` as a desk would send them.
    pub fn sent<T>(&self, check: impl FnOnce(&ChipFiles<'_>) -> T) -> T {
        let groups: Vec<(u8, &[u8])> = self.groups.iter().map(|(number, group)| (*number, group.as_slice())).collect();
        let hashes = [(2, self.picture_hash.as_slice())];
        check(&ChipFiles { sod: &self.sod, groups: &groups, hashes: &hashes })
    }
}

/// A synthetic issuer with one signer of cards.
pub struct CardFactory {
    issuer_name: Vec<u8>,
    issuer: SigningKey,
    issuer_certificate: Vec<u8>,
    signer: SigningKey,
    signer_certificate: Vec<u8>,
    signer_serial: u8,
}

impl CardFactory {
    /// The factory of a seed, whose signer is valid for long.
    ///
    /// # Errors
    /// [`FactoryError`] for one seed of some 2³².
    pub fn new(seed: &[u8; 32]) -> Result<Self, FactoryError> {
        Self::with_signer(seed, SignerTerms::default())
    }

    /// The factory of a seed, with a signer of these terms.
    ///
    /// # Errors
    /// [`FactoryError`] for one seed of some 2³².
    pub fn with_signer(seed: &[u8; 32], terms: SignerTerms) -> Result<Self, FactoryError> {
        let key = |label: &[u8]| {
            let bytes = Sha256::new().chain_update(b"synthetic card factory ").chain_update(label).chain_update(seed);
            SigningKey::from_slice(&bytes.finalize()).map_err(|_| FactoryError)
        };
        let (issuer, signer) = (key(b"issuer")?, key(b"signer")?);
        let issuer_name = name_of(terms.borrowed_name.as_ref().unwrap_or(seed));
        let subject = (&issuer, issuer_name.as_slice(), 1);
        let issuer_certificate = certificate((&issuer, &issuer_name), subject, ISSUER_VALID, true)?;
        let signer_name = name(SIGNER);
        let subject = (&signer, signer_name.as_slice(), terms.serial);
        let signer_certificate = certificate((&issuer, &issuer_name), subject, terms.valid, false)?;
        Ok(Self { issuer_name, issuer, issuer_certificate, signer, signer_certificate, signer_serial: terms.serial })
    }

    /// The issuer's certificate as a file for the operator's list, marked as synthetic.
    #[must_use]
    pub fn issuer_pem(&self) -> String {
        let note =
            "# SYNTHETIC issuer of a demonstration: vouches for synthetic cards only. Replace it with your own list.\n";
        format!("{note}{}", pem("CERTIFICATE", &self.issuer_certificate))
    }

    /// The operator's list of a demonstration: the issuer, and that it revoked nobody.
    #[must_use]
    pub fn list_pem(&self) -> String {
        format!("{}{}", self.issuer_pem(), self.revocations_pem(&[], ISSUER_VALID.1))
    }

    /// A revocation list of the issuer with these serial numbers, due again on a day.
    #[must_use]
    pub fn revocations_pem(&self, serials: &[u8], due: Date) -> String {
        let entries: Vec<Vec<u8>> =
            serials.iter().map(|serial| sequence(&[&integer(*serial), &instant(ISSUER_VALID.0)])).collect();
        let entries: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
        let revoked = if entries.is_empty() { Vec::new() } else { sequence(&entries) };
        let list =
            sequence(&[&integer(1), &ecdsa(), &self.issuer_name, &instant(ISSUER_VALID.0), &instant(due), &revoked]);
        pem("X509 CRL", &signed(&self.issuer, &list))
    }

    /// The chip of a card.
    #[must_use]
    pub fn card(&self, holder: &CardHolder) -> Chip {
        let spaced = key_b(holder.name.reveal());
        let zone_name = zone_name(spaced.reveal());
        let day = |day: Date| format!("{:02}/{:02}/{:04}", day.day(), u8::from(day.month()), day.year());
        let born = holder.born;
        let (birth_day, birth_month) = (born.day().unwrap_or(1), born.month().unwrap_or(1));
        let mut texts = vec![
            (1, holder.number.reveal().to_owned()),
            (2, holder.name.reveal().to_owned()),
            (3, format!("{birth_day:02}/{birth_month:02}/{:04}", born.year())),
            (4, holder.number.sex().card_word().to_owned()),
            (5, "Việt Nam".to_owned()),
            (9, holder.address.as_ref().map_or_else(String::new, |address| address.reveal().to_owned())),
            (11, day(holder.issued)),
            (12, holder.expires.map_or_else(|| "Không thời hạn".to_owned(), day)),
        ];
        if let Some(old) = &holder.old_number {
            texts.push((15, old.reveal().to_owned()));
        }
        let groups =
            vec![(1, mrz::write(&holder.number, born, holder.expires, &zone_name)), (13, text_group::write(&texts))];
        self.chip_of(groups)
    }

    /// A chip with groups 1 and 13 of any content, signed as they are: what a genuine but strange card would send.
    #[must_use]
    pub fn chip_of(&self, groups: Vec<(u8, Vec<u8>)>) -> Chip {
        let picture_hash = Sha256::digest(element(0x75, &[b"SYNTHETIC picture of nobody"])).to_vec();
        let mut hashes: Vec<(u8, Vec<u8>)> =
            groups.iter().map(|(number, group)| (*number, Sha256::digest(group).to_vec())).collect();
        hashes.push((2, picture_hash.clone()));
        hashes.sort_unstable();
        let sod = self.sign(&security_object(&hashes));
        Chip { sod, groups, picture_hash }
    }

    /// `EF.SOD` around a security object.
    fn sign(&self, content: &[u8]) -> Vec<u8> {
        let attribute = |oid: ObjectIdentifier, value: &[u8]| sequence(&[&identifier(oid), &element(0x31, &[value])]);
        let content_type = attribute(CONTENT_TYPE, &identifier(SECURITY_OBJECT));
        let digest = attribute(MESSAGE_DIGEST, &element(0x04, &[&Sha256::digest(content)]));
        let signature: Signature = self.signer.sign(&element(0x31, &[&content_type, &digest]));
        let signer = sequence(&[
            &integer(1),
            &sequence(&[&self.issuer_name, &integer(self.signer_serial)]),
            &sequence(&[&identifier(SHA256)]),
            &element(0xa0, &[&content_type, &digest]),
            &ecdsa(),
            &element(0x04, &[signature.to_der().as_bytes()]),
        ]);
        let data = sequence(&[
            &integer(3),
            &element(0x31, &[&sequence(&[&identifier(SHA256)])]),
            &sequence(&[&identifier(SECURITY_OBJECT), &element(0xa0, &[&element(0x04, &[content])])]),
            &element(0xa0, &[&self.signer_certificate]),
            &element(0x31, &[&signer]),
        ]);
        element(0x77, &[&sequence(&[&identifier(SIGNED_DATA), &element(0xa0, &[&data])])])
    }
}

fn security_object(hashes: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let entries: Vec<Vec<u8>> =
        hashes.iter().map(|(number, hash)| sequence(&[&integer(*number), &element(0x04, &[hash])])).collect();
    let entries: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
    sequence(&[&integer(0), &sequence(&[&identifier(SHA256)]), &sequence(&entries)])
}

fn certificate(
    (issuer, issuer_name): (&SigningKey, &[u8]),
    (subject, subject_name, serial): (&SigningKey, &[u8], u8),
    (from, until): (Date, Date),
    is_issuer: bool,
) -> Result<Vec<u8>, FactoryError> {
    let key = subject.verifying_key().to_public_key_der().map_err(|_| FactoryError)?;
    let yes: &[u8] = &[0x01, 0x01, 0xff];
    let extension = |oid, value: &[u8]| sequence(&[&identifier(oid), yes, &element(0x04, &[value])]);
    // keyCertSign and cRLSign, or digitalSignature (RFC 5280 4.2.1.3).
    let usage: &[u8] = if is_issuer { &[0x03, 0x02, 0x01, 0x06] } else { &[0x03, 0x02, 0x07, 0x80] };
    let usage = extension(KEY_USAGE, usage);
    let basic = if is_issuer { extension(BASIC_CONSTRAINTS, &sequence(&[yes, &integer(0)])) } else { Vec::new() };
    let tbs = sequence(&[
        &element(0xa0, &[&integer(2)]),
        &integer(serial),
        &ecdsa(),
        issuer_name,
        &sequence(&[&instant(from), &instant(until)]),
        subject_name,
        key.as_bytes(),
        &element(0xa3, &[&sequence(&[&usage, &basic])]),
    ]);
    Ok(signed(issuer, &tbs))
}

/// A signed sequence: what is signed, the algorithm, the signature.
fn signed(key: &SigningKey, tbs: &[u8]) -> Vec<u8> {
    let signature: Signature = key.sign(tbs);
    sequence(&[tbs, &ecdsa(), &element(0x03, &[&[0], signature.to_der().as_bytes()])])
}

/// The issuer's name of a seed.
fn name_of(seed: &[u8; 32]) -> Vec<u8> {
    let digest = Sha256::digest(seed);
    let digits = hex::encode(digest.get(..2).unwrap_or_default());
    name(&format!("SYNTHETIC CSCA {digits} (test only)"))
}

fn name(common: &str) -> Vec<u8> {
    let part =
        |oid, tag, text: &str| element(0x31, &[&sequence(&[&identifier(oid), &element(tag, &[text.as_bytes()])])]);
    sequence(&[&part(COUNTRY, 0x13, "XX"), &part(COMMON_NAME, 0x0c, common)])
}

/// Midnight of a day in UTC; all days are before 2050, where UTCTime ends.
fn instant(day: Date) -> Vec<u8> {
    let text = format!("{:02}{:02}{:02}000000Z", day.year().rem_euclid(100), u8::from(day.month()), day.day());
    element(0x17, &[text.as_bytes()])
}

fn integer(value: u8) -> Vec<u8> {
    if value < 0x80 { element(0x02, &[&[value]]) } else { element(0x02, &[&[0, value]]) }
}

fn identifier(oid: ObjectIdentifier) -> Vec<u8> {
    element(0x06, &[oid.as_bytes()])
}

fn ecdsa() -> Vec<u8> {
    sequence(&[&identifier(SHA256_ECDSA)])
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(0x30, parts)
}

/// The third line: surname first, without diacritics.
fn zone_name(key: &str) -> String {
    let upper = key.to_uppercase();
    let mut words = upper.split_whitespace();
    let surname = words.next().unwrap_or_default();
    let given = words.collect::<Vec<_>>().join("<");
    if given.is_empty() { surname.to_owned() } else { format!("{surname}<<{given}") }
}

fn pem(kind: &str, bytes: &[u8]) -> String {
    use base64::Engine as _;
    let packed = base64::engine::general_purpose::STANDARD.encode(bytes);
    let lines: Vec<&str> = (0..packed.len().div_ceil(64))
        .filter_map(|line| packed.get(line * 64..packed.len().min((line + 1) * 64)))
        .collect();
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", lines.join("\n"))
}
