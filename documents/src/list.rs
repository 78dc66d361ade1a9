//! Files of issuers taken apart: PEM and DER, single certificates and lists of revocations, PKCS #7 bundles and master
//! lists, in any order. Nothing in them is believed here.
//!
//! Sources: RFC 7468, RFC 5652; ICAO Doc 9303-12 section 9 (master lists).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use const_oid::ObjectIdentifier;

use crate::PartFault;
use crate::tlv::{Elements, Fault};

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const MASTER_LIST: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.136.1.1.2");
const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";
/// Most parts of a file: the issuers of all countries with their links, and a list of revocations of each.
pub(crate) const MAX_PARTS: usize = 2_048;

/// One part of a file.
pub(crate) enum Part {
    Certificate(Vec<u8>),
    Revocations(Vec<u8>),
    Fault(PartFault),
}

/// The parts of a file in their order; of one with more parts than are read, the first ones and one more.
pub(crate) fn parts(file: &[u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    match file.first() {
        Some(0x30) => of_der(file, &mut parts),
        _ => of_pem(&String::from_utf8_lossy(file), &mut parts),
    }
    parts.truncate(MAX_PARTS + 1);
    parts
}

fn of_pem(text: &str, parts: &mut Vec<Part>) {
    for block in text.split(BEGIN).skip(1).take(MAX_PARTS + 1) {
        let Some((kind, rest)) = block.split_once(DASHES) else {
            parts.push(Part::Fault(PartFault::Cut));
            continue;
        };
        let body = rest.split_once(format!("-----END {kind}-----").as_str()).map(|(body, _)| body);
        let packed = body.map(|body| body.chars().filter(|one| !one.is_ascii_whitespace()).collect::<String>());
        let Some(bytes) = packed.and_then(|packed| STANDARD.decode(packed).ok()) else {
            parts.push(Part::Fault(PartFault::Cut));
            continue;
        };
        match kind {
            "CERTIFICATE" | "X509 CERTIFICATE" => parts.push(Part::Certificate(bytes)),
            "X509 CRL" => parts.push(Part::Revocations(bytes)),
            "PKCS7" | "CMS" => of_der(&bytes, parts),
            _ => parts.push(Part::Fault(PartFault::Kind)),
        }
    }
}

/// One structure after the other.
fn of_der(bytes: &[u8], parts: &mut Vec<Part>) {
    let mut rest = Elements::files(bytes);
    while !rest.is_empty() && parts.len() <= MAX_PARTS {
        let whole = match rest.expect(0x30) {
            Ok(element) => element,
            Err(fault) => {
                let fault = if fault == Fault::Cut { PartFault::Cut } else { PartFault::Malformed };
                return parts.push(Part::Fault(fault));
            }
        };
        // A message begins with what it is, a certificate with its version in [0], a revocation list with it as a number.
        let mut inside = whole.inside();
        match inside.next() {
            Ok(first) if first.tag == 0x06 => {
                let is_message = first.value == SIGNED_DATA.as_bytes();
                let read = if is_message { of_message(&mut inside, parts) } else { Err(PartFault::Kind) };
                if let Err(fault) = read {
                    parts.push(Part::Fault(fault));
                }
            }
            Ok(first) if first.tag == 0x30 => {
                let is_list = first.inside().next().is_ok_and(|version| version.tag == 0x02);
                let of = if is_list { Part::Revocations } else { Part::Certificate };
                parts.push(of(whole.whole.to_vec()));
            }
            _ => parts.push(Part::Fault(PartFault::Malformed)),
        }
    }
}

/// What a signed message brings along; of a master list the issuers that it lists, and not its own signer.
fn of_message(info: &mut Elements<'_>, parts: &mut Vec<Part>) -> Result<(), PartFault> {
    let malformed = |_: Fault| PartFault::Malformed;
    let mut data = info.expect(0xa0).map_err(malformed)?.inside().expect(0x30).map_err(malformed)?.inside();
    data.expect(0x02).map_err(malformed)?;
    data.expect(0x31).map_err(malformed)?;
    let mut content = data.expect(0x30).map_err(malformed)?.inside();
    let is_master_list = content.expect(0x06).map_err(malformed)?.value == MASTER_LIST.as_bytes();
    if is_master_list {
        let packed = content.expect(0xa0).map_err(malformed)?.inside().expect(0x04).map_err(malformed)?;
        let mut list = Elements::file(packed.value, 0x30).map_err(malformed)?.inside();
        list.expect(0x02).map_err(malformed)?;
        return all(&mut list.expect(0x31).map_err(malformed)?.inside(), parts, Part::Certificate);
    }
    if let Some(certificates) = data.optional(0xa0).map_err(malformed)? {
        all(&mut certificates.inside(), parts, Part::Certificate)?;
    }
    if let Some(lists) = data.optional(0xa1).map_err(malformed)? {
        all(&mut lists.inside(), parts, Part::Revocations)?;
    }
    Ok(())
}

fn all(set: &mut Elements<'_>, parts: &mut Vec<Part>, of: fn(Vec<u8>) -> Part) -> Result<(), PartFault> {
    while !set.is_empty() && parts.len() <= MAX_PARTS {
        parts.push(of(set.next().map_err(|_| PartFault::Malformed)?.whole.to_vec()));
    }
    Ok(())
}
