//! Passive authentication: that a card's data are those that the issuer signed.
//!
//! The desk sends `EF.SOD`, the data groups that it read, and of the picture (group 2) only the hash: biometric data never
//! reach the host. What this does **not** prove is that the chip is no copy; that takes active or chip authentication by
//! the reader, so each reading carries the warning `no-clone-check`.
//!
//! Source: ICAO Doc 9303-11 section 5.1 and 9303-10 section 4.7; CMS: RFC 5652.

use const_oid::ObjectIdentifier;
use pilothouse_identity::{AddressText, BirthDate, CardFacts, FullName, OldNumber, PersonalNumber, Sex};
use time::{Date, OffsetDateTime, UtcOffset};

use crate::algorithm::{AlgorithmFault, Digest, Scheme};
use crate::anchors::{Anchors, Freshness, Trusted};
use crate::certificate::{Certificate, plain};
use crate::names::Name;
use crate::tlv::{Element, Elements, Fault, element, unpadded};
use crate::{ChipError, ReadingWarning, Times, mrz, text_group};

/// Largest `EF.SOD`. Real ones have 2 to 10 KiB.
pub const MAX_SOD: usize = 32 * 1024;
/// Largest data group that is taken. The largest without biometrics, group 13, has 1 to 2 KiB.
pub const MAX_GROUP: usize = 16 * 1024;
/// Data groups of an electronic travel document (9303-10).
const GROUPS: std::ops::RangeInclusive<u8> = 1..=16;
/// Picture, fingerprints, irises: only their hashes are taken.
const BIOMETRIC: std::ops::RangeInclusive<u8> = 2..=4;
/// Certificates in a signature; one is needed.
const MAX_CERTIFICATES: usize = 4;

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const SECURITY_OBJECT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.136.1.1.1");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");

/// Province time: the card's days are days there.
const HANOI: UtcOffset = match UtcOffset::from_hms(7, 0, 0) {
    Ok(offset) => offset,
    Err(_) => UtcOffset::UTC,
};

/// What a desk read off a chip.
#[derive(Clone, Copy)]
pub struct ChipFiles<'a> {
    /// `EF.SOD`, byte for byte.
    pub sod: &'a [u8],
    /// Data groups by number, byte for byte as read.
    pub groups: &'a [(u8, &'a [u8])],
    /// Hashes of groups that the desk read and does not send, with the digest that the SOD names.
    pub hashes: &'a [(u8, &'a [u8])],
}

/// A chip whose data are those that the issuer signed. An identity value as a whole.
pub struct ChipReading {
    /// The personal number.
    pub number: PersonalNumber,
    /// Date of birth.
    pub born: BirthDate,
    /// Sex.
    pub sex: Sex,
    /// Last day of the card; `None` where it has none.
    pub expires: Option<Date>,
    /// Name with diacritics, where the chip gave its texts.
    pub name: Option<FullName>,
    /// The number of the card before, likewise.
    pub old_number: Option<OldNumber>,
    /// Residence on the day of issue, likewise.
    pub address: Option<AddressText>,
    /// Day of issue, likewise.
    pub issued: Option<Date>,
    /// What to know about this reading.
    pub warnings: Vec<ReadingWarning>,
}

impl ChipReading {
    /// What the card says that a register can be asked about.
    #[must_use]
    pub fn facts(&self) -> CardFacts {
        CardFacts { name: self.name.clone(), born: self.born, old_number: self.old_number.clone() }
    }
}

/// What the SOD promises of each group, once its signature is known to be the signer's.
struct Promise<'a> {
    digest: Digest,
    hashes: Vec<(u8, &'a [u8])>,
}

/// Checks a chip against the issuers of the operator's list. Whether the issuer's side holds is asked as of now, by this
/// host's clock: a desk that says when it read could make an expired signer good again. Whether the card's own last day was
/// over is asked as of the reading.
pub(crate) fn authenticate(anchors: &Anchors, files: &ChipFiles<'_>, times: Times) -> Result<ChipReading, ChipError> {
    let first = unpadded(bounded(files)?);
    let groups: Vec<(u8, &[u8])> = files.groups.iter().map(|(number, group)| (*number, unpadded(group))).collect();
    let files = &ChipFiles { groups: &groups, ..*files };
    let (promise, trusted) = promise(anchors, files.sod, times.now)?;
    compare(&promise, files)?;
    let today = times.captured_at.to_offset(HANOI).date();
    let zone = mrz::read(first, today)?;
    if trusted.documents.is_some_and(|codes| !codes.contains(&zone.document)) {
        return Err(ChipError::SignerUnfit);
    }
    let mut warnings = vec![ReadingWarning::NoCloneCheck];
    if trusted.is_synthetic {
        warnings.push(ReadingWarning::Synthetic);
    }
    match trusted.revocations {
        Freshness::Fresh => {}
        Freshness::Stale => warnings.push(ReadingWarning::RevocationsStale),
        Freshness::Missing => warnings.push(ReadingWarning::RevocationsMissing),
    }
    if zone.expires.is_some_and(|last| last < today) {
        warnings.push(ReadingWarning::CardExpired);
    }
    let texts = match files.groups.iter().find(|(number, _)| *number == 13) {
        Some((_, group)) => text_group::read(group).unwrap_or_else(|_| {
            warnings.push(ReadingWarning::TextsUnread);
            text_group::Texts::default()
        }),
        None => text_group::Texts::default(),
    };
    if texts.number.as_ref().is_some_and(|number| *number != zone.number) {
        return Err(ChipError::NumberMismatch);
    }
    Ok(ChipReading {
        number: zone.number,
        born: zone.born,
        sex: zone.sex,
        expires: zone.expires,
        name: texts.name,
        old_number: texts.old_number,
        address: texts.address,
        issued: texts.issued,
        warnings,
    })
}

/// Sizes and numbers before anything is read; answers group 1.
fn bounded<'a>(files: &ChipFiles<'a>) -> Result<&'a [u8], ChipError> {
    if files.sod.len() > MAX_SOD || files.groups.iter().any(|(_, group)| group.len() > MAX_GROUP) {
        return Err(ChipError::TooLarge);
    }
    if files.groups.iter().any(|(number, _)| BIOMETRIC.contains(number)) {
        return Err(ChipError::BiometricGroup);
    }
    let numbers = || files.groups.iter().chain(files.hashes).map(|(number, _)| *number);
    let mut seen = 0_u32;
    for number in numbers() {
        if !GROUPS.contains(&number) {
            return Err(ChipError::GroupNumber);
        }
        if seen & 1 << number != 0 {
            return Err(ChipError::GroupTwice(number));
        }
        seen |= 1 << number;
    }
    let first = files.groups.iter().find(|(number, _)| *number == 1);
    first.map(|(_, group)| *group).ok_or(ChipError::NoGroup1)
}

/// Hash by hash: each group that was sent is one that was signed.
fn compare(promise: &Promise<'_>, files: &ChipFiles<'_>) -> Result<(), ChipError> {
    let promised = |number: u8| {
        let found = promise.hashes.iter().find(|(listed, _)| *listed == number);
        found.map(|(_, hash)| *hash).ok_or(ChipError::GroupNotSigned(number))
    };
    for (number, group) in files.groups {
        if promised(*number)? != promise.digest.of(group) {
            return Err(ChipError::WrongHash(*number));
        }
    }
    for (number, hash) in files.hashes {
        if promised(*number)? != *hash {
            return Err(ChipError::WrongHash(*number));
        }
    }
    Ok(())
}

/// Checks the SOD's signature, its signer and the signer's issuer. Answers the hashes, and what is known of the issuer.
fn promise<'a>(anchors: &Anchors, sod: &'a [u8], now: OffsetDateTime) -> Result<(Promise<'a>, Trusted), ChipError> {
    let signed = SignedData::read(sod)?;
    let promise = security_object(signed.content).map_err(ChipError::of_sod)?;
    let promise = promise.map_err(ChipError::of_algorithm)?;
    let attributes = signed.signer.attributes()?;
    if attributes.content_type != SECURITY_OBJECT.as_bytes() {
        return Err(ChipError::ContentType);
    }
    if attributes.digest != signed.signer.digest.of(signed.content) {
        return Err(ChipError::ContentHash);
    }
    let signer = signed.certificate()?;
    let trusted = anchors.check_signer(&signer, now.unix_timestamp())?;
    // The attributes travel as [0] and are signed as the SET that they are (RFC 5652 5.4).
    let message = element(0x31, &[signed.signer.attributes]);
    if !signer.key.verifies(signed.signer.scheme, &message, signed.signer.signature) {
        return Err(ChipError::Signature);
    }
    Ok((promise, Trusted { documents: signer.documents, ..trusted }))
}

/// The parts of a SOD that are needed, as they were sent.
struct SignedData<'a> {
    content: &'a [u8],
    certificates: Vec<&'a [u8]>,
    signer: Signer<'a>,
}

struct Signer<'a> {
    id: Element<'a>,
    digest: Digest,
    attributes: &'a [u8],
    scheme: Scheme,
    signature: &'a [u8],
}

struct Attributes<'a> {
    content_type: &'a [u8],
    digest: &'a [u8],
}

impl<'a> SignedData<'a> {
    fn read(sod: &'a [u8]) -> Result<Self, ChipError> {
        let of = ChipError::of_sod;
        let mut info = Elements::card_file(sod, 0x77).map_err(of)?.inside();
        let mut info = info.expect(0x30).map_err(of)?.inside();
        if info.expect(0x06).map_err(of)?.value != SIGNED_DATA.as_bytes() {
            return Err(ChipError::ContentType);
        }
        let mut data = info.expect(0xa0).map_err(of)?.inside().expect(0x30).map_err(of)?.inside();
        data.expect(0x02).map_err(of)?;
        data.expect(0x31).map_err(of)?;
        let mut inner = data.expect(0x30).map_err(of)?.inside();
        if inner.expect(0x06).map_err(of)?.value != SECURITY_OBJECT.as_bytes() {
            return Err(ChipError::ContentType);
        }
        let content = inner.expect(0xa0).map_err(of)?.inside().expect(0x04).map_err(of)?.value;
        let mut certificates = Vec::new();
        if let Some(set) = data.optional(0xa0).map_err(of)? {
            let mut set = set.inside();
            while !set.is_empty() {
                if certificates.len() == MAX_CERTIFICATES {
                    return Err(ChipError::TooLarge);
                }
                certificates.push(set.expect(0x30).map_err(of)?.whole);
            }
        }
        data.optional(0xa1).map_err(of)?;
        let mut signers = data.expect(0x31).map_err(of)?.inside();
        let signer = signers.expect(0x30).map_err(of)?;
        if !signers.is_empty() {
            return Err(ChipError::SeveralSigners);
        }
        Ok(Self { content, certificates, signer: Signer::read(signer)? })
    }

    /// The certificate that the signer names, of those that came along.
    fn certificate(&self) -> Result<Certificate, ChipError> {
        let mut first_fault = None;
        for bytes in &self.certificates {
            match Certificate::read(bytes) {
                Ok(certificate) if self.signer.is(&certificate) => return Ok(certificate),
                Ok(_) => {}
                Err(fault) => first_fault = first_fault.or(Some(fault)),
            }
        }
        Err(first_fault.map_or(ChipError::NoSigner, ChipError::of_certificate))
    }
}

impl<'a> Signer<'a> {
    fn read(signer: Element<'a>) -> Result<Self, ChipError> {
        let of = ChipError::of_sod;
        let mut inside = signer.inside();
        inside.expect(0x02).map_err(of)?;
        let id = inside.next().map_err(of)?;
        let digest = Digest::read(inside.expect(0x30).map_err(of)?.whole).map_err(ChipError::of_algorithm)?;
        let attributes = inside.optional(0xa0).map_err(of)?.ok_or(ChipError::NoSignedAttributes)?.value;
        let scheme = Scheme::read(inside.expect(0x30).map_err(of)?.whole, Some(digest));
        let scheme = scheme.map_err(ChipError::of_algorithm)?;
        let signature = inside.expect(0x04).map_err(of)?.value;
        Ok(Self { id, digest, attributes, scheme, signature })
    }

    /// Whether the certificate is the one that the signer names: by issuer and serial number, or by key.
    fn is(&self, certificate: &Certificate) -> bool {
        match self.id.tag {
            0x30 => {
                let mut inside = self.id.inside();
                let (Ok(issuer), Ok(serial)) = (inside.next(), inside.expect(0x02)) else { return false };
                // The name may be written in other string types than in the certificate.
                plain(serial.value) == certificate.serial
                    && Name::read(issuer.whole).is_ok_and(|issuer| issuer == certificate.issuer)
            }
            0x80 => certificate.key_id.as_deref() == Some(self.id.value),
            _ => false,
        }
    }

    /// Exactly one content type and one message digest.
    fn attributes(&self) -> Result<Attributes<'a>, ChipError> {
        let of = ChipError::of_sod;
        let (mut content_type, mut digest) = (None, None);
        let mut all = element_list(self.attributes);
        while !all.is_empty() {
            let mut attribute = all.expect(0x30).map_err(of)?.inside();
            let oid = attribute.expect(0x06).map_err(of)?.value;
            let mut values = attribute.expect(0x31).map_err(of)?.inside();
            let (slot, tag) = if oid == CONTENT_TYPE.as_bytes() {
                (&mut content_type, 0x06)
            } else if oid == MESSAGE_DIGEST.as_bytes() {
                (&mut digest, 0x04)
            } else {
                continue;
            };
            let value = values.expect(tag).map_err(of)?.value;
            if !values.is_empty() || slot.replace(value).is_some() {
                return Err(ChipError::Malformed);
            }
        }
        match (content_type, digest) {
            (Some(content_type), Some(digest)) => Ok(Attributes { content_type, digest }),
            _ => Err(ChipError::NoSignedAttributes),
        }
    }
}

const fn element_list(bytes: &[u8]) -> Elements<'_> {
    Element { tag: 0x31, whole: bytes, value: bytes }.inside()
}

/// `LDSSecurityObject`: the digest, and one hash a group.
fn security_object(content: &[u8]) -> Result<Result<Promise<'_>, AlgorithmFault>, Fault> {
    let mut inside = Elements::file(content, 0x30).map_err(|_| Fault::Malformed)?.inside();
    inside.expect(0x02)?;
    let digest = match Digest::read(inside.expect(0x30)?.whole) {
        Ok(digest) => digest,
        Err(fault) => return Ok(Err(fault)),
    };
    let mut list = inside.expect(0x30)?.inside();
    let mut hashes: Vec<(u8, &[u8])> = Vec::new();
    while !list.is_empty() {
        let mut entry = list.expect(0x30)?.inside();
        let [number] = *entry.expect(0x02)?.value else { return Err(Fault::Malformed) };
        let hash = entry.expect(0x04)?.value;
        let is_known = hashes.iter().any(|(listed, _)| *listed == number);
        if !GROUPS.contains(&number) || is_known || hash.len() != digest.length() {
            return Err(Fault::Malformed);
        }
        hashes.push((number, hash));
    }
    Ok(Ok(Promise { digest, hashes }))
}
