//! Certificates and revocation lists, read down to what passive authentication asks of them.

use const_oid::ObjectIdentifier;
use der::oid::AssociatedOid;
use der::{Decode, Encode};
use sha2::{Digest as _, Sha256};
use x509_cert::crl::CertificateList;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies, ExtendedKeyUsage, KeyUsage, SubjectKeyIdentifier,
};
use x509_cert::{Certificate as X509, TbsCertificate};

use crate::algorithm::{AlgorithmFault, PublicKey, Scheme};
use crate::names::Name;
use crate::tlv::{Elements, Fault};

/// Largest certificate. Real ones have 1 to 2 KiB.
pub(crate) const MAX_CERTIFICATE: usize = 16 * 1024;
/// Largest revocation list: some 100,000 entries, where a country revokes a handful of signers.
pub(crate) const MAX_REVOCATIONS: usize = 4 * 1024 * 1024;
/// Words at the start of a subject's common name that mark certificates of this program's own factory.
pub(crate) const SYNTHETIC: &str = "SYNTHETIC";

/// "For any purpose", as the extension of purposes may say.
const ANY_PURPOSE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");
/// Which documents a signer may sign (9303-12, `documentTypeList`).
const DOCUMENT_TYPES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.136.1.1.6.2");
/// Number of a revocation list: the one extension of lists that changes nothing about what it says.
const CRL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.20");
/// How long a list without a day of its own holds: 9303-12 asks for one at least every 90 days. Seconds.
const LIST_HOLDS: i64 = 90 * 86_400;
/// Longest name of an issuer that messages show.
const MAX_SHOWN: usize = 120;

/// A certificate.
pub(crate) struct Certificate {
    pub(crate) subject: Name,
    pub(crate) issuer: Name,
    pub(crate) serial: Vec<u8>,
    /// Seconds since 1970.
    pub(crate) valid_from: i64,
    pub(crate) valid_until: i64,
    pub(crate) key: PublicKey,
    pub(crate) key_id: Option<Vec<u8>>,
    pub(crate) issuer_key_id: Option<Vec<u8>>,
    pub(crate) may_sign_files: bool,
    /// Codes of the documents that it may sign; none: any.
    pub(crate) documents: Option<Vec<String>>,
    pub(crate) may_sign_certificates: bool,
    pub(crate) is_synthetic: bool,
    pub(crate) fingerprint: [u8; 32],
    scheme: Scheme,
    signed: Vec<u8>,
    signature: Vec<u8>,
}

impl Certificate {
    /// Reads a certificate in DER. Nothing about it is trusted yet.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, AlgorithmFault> {
        if bytes.len() > MAX_CERTIFICATE {
            return Err(AlgorithmFault::Malformed);
        }
        let mut inside = Elements::file(bytes, 0x30)?.inside();
        let signed = inside.next()?.whole.to_vec();
        let scheme = Scheme::read(inside.next()?.whole, None)?;
        let malformed = |_: der::Error| AlgorithmFault::Malformed;
        let certificate = X509::from_der(bytes).map_err(malformed)?;
        let tbs = certificate.tbs_certificate();
        if tbs.signature() != certificate.signature_algorithm() || has_unknown_critical(tbs) {
            return Err(AlgorithmFault::Foreign);
        }
        let usage = tbs.get_extension::<KeyUsage>().map_err(malformed)?.map(|(_, usage)| usage);
        let is_ca = tbs.get_extension::<BasicConstraints>().map_err(malformed)?.is_some_and(|(_, basic)| basic.ca);
        let key_id = tbs.get_extension::<SubjectKeyIdentifier>().map_err(malformed)?;
        let issuer_key_id = tbs.get_extension::<AuthorityKeyIdentifier>().map_err(malformed)?;
        let subject = tbs.subject().to_der().map_err(malformed)?;
        // A purpose is named to shut others out: a signer of master lists or of messages signs no cards.
        let purposes = tbs.get_extension::<ExtendedKeyUsage>().map_err(malformed)?;
        let is_for_files = purposes.is_none_or(|(_, purposes)| purposes.0.contains(&ANY_PURPOSE));
        let documents = tbs.extensions().and_then(|all| all.iter().find(|one| one.extn_id == DOCUMENT_TYPES));
        let documents = documents.map(|one| document_types(one.extn_value.as_bytes())).transpose()?;
        Ok(Self {
            is_synthetic: subject.windows(SYNTHETIC.len()).any(|part| part == SYNTHETIC.as_bytes()),
            subject: Name::read(&subject)?,
            issuer: Name::read(&tbs.issuer().to_der().map_err(malformed)?)?,
            serial: plain(tbs.serial_number().as_bytes()).to_vec(),
            valid_from: seconds(tbs.validity().not_before),
            valid_until: seconds(tbs.validity().not_after),
            key: PublicKey::read(&tbs.subject_public_key_info().to_der().map_err(malformed)?)?,
            key_id: key_id.map(|(_, id)| id.0.as_bytes().to_vec()),
            issuer_key_id: issuer_key_id.and_then(|(_, id)| id.key_identifier).map(|id| id.as_bytes().to_vec()),
            may_sign_files: !is_ca && is_for_files && usage.is_some_and(|usage| usage.digital_signature()),
            documents,
            may_sign_certificates: is_ca && usage.is_none_or(|usage| usage.key_cert_sign()),
            fingerprint: Sha256::digest(bytes).into(),
            scheme,
            signed,
            signature: certificate.signature().as_bytes().ok_or(AlgorithmFault::Malformed)?.to_vec(),
        })
    }

    /// Whether this certificate names the other as its issuer, by key or, where one of them has no key id, by name; its
    /// signature is another question.
    pub(crate) fn names_as_issuer(&self, issuer: &Self) -> bool {
        match (&self.issuer_key_id, &issuer.key_id) {
            (Some(named), Some(has)) => named == has,
            _ => self.issuer == issuer.subject,
        }
    }

    /// Whether it says itself that another key than its own signed it: a document signer's, or a link from an issuer's old
    /// key to its new one, which has the same name twice.
    pub(crate) fn is_of_another_key(&self) -> bool {
        match (&self.issuer_key_id, &self.key_id) {
            (Some(named), Some(has)) => named != has,
            _ => self.issuer != self.subject,
        }
    }

    pub(crate) fn is_signed_by(&self, issuer: &Self) -> bool {
        issuer.key.verifies(self.scheme, &self.signed, &self.signature)
    }
}

/// A list of certificates that an issuer takes back.
pub(crate) struct Revocations {
    pub(crate) serials: Vec<Vec<u8>>,
    /// Seconds since 1970.
    pub(crate) issued: i64,
    /// Likewise; after it a newer list is due.
    pub(crate) next_due: i64,
    pub(crate) issuer: Name,
    scheme: Scheme,
    signed: Vec<u8>,
    signature: Vec<u8>,
}

impl Revocations {
    /// Reads a list in DER. Nothing about it is trusted yet.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, AlgorithmFault> {
        if bytes.len() > MAX_REVOCATIONS {
            return Err(AlgorithmFault::Malformed);
        }
        let mut inside = Elements::file(bytes, 0x30)?.inside();
        let signed = inside.next()?.whole.to_vec();
        let scheme = Scheme::read(inside.next()?.whole, None)?;
        let list: CertificateList = CertificateList::from_der(bytes).map_err(|_| AlgorithmFault::Malformed)?;
        let revoked = list.tbs_cert_list.revoked_certificates.unwrap_or_default();
        // A list of changes only, or one for other issuers' certificates too, says so in an extension that it insists on.
        let of_list = list.tbs_cert_list.crl_extensions.iter().flatten();
        let insists = of_list
            .chain(revoked.iter().flat_map(|entry| entry.crl_entry_extensions.iter().flatten()))
            .any(|one| one.critical && one.extn_id != CRL_NUMBER && one.extn_id != AuthorityKeyIdentifier::OID);
        if insists {
            return Err(AlgorithmFault::Foreign);
        }
        let issued = seconds(list.tbs_cert_list.this_update);
        let mut serials: Vec<Vec<u8>> =
            revoked.iter().map(|entry| plain(entry.serial_number.as_bytes()).to_vec()).collect();
        serials.sort_unstable();
        Ok(Self {
            serials,
            issued,
            next_due: list.tbs_cert_list.next_update.map_or(issued.saturating_add(LIST_HOLDS), seconds),
            issuer: Name::read(&list.tbs_cert_list.issuer.to_der().map_err(|_| AlgorithmFault::Malformed)?)?,
            scheme,
            signed,
            signature: list.signature.as_bytes().ok_or(AlgorithmFault::Malformed)?.to_vec(),
        })
    }

    pub(crate) fn is_of(&self, issuer: &Certificate) -> bool {
        self.issuer == issuer.subject && issuer.key.verifies(self.scheme, &self.signed, &self.signature)
    }
}

/// `DocumentTypeListSyntax`: a version, and the codes of documents as their zones have them.
fn document_types(value: &[u8]) -> Result<Vec<String>, Fault> {
    let mut inside = Elements::file(value, 0x30)?.inside();
    inside.expect(0x02)?;
    let mut codes = Vec::new();
    let mut set = inside.expect(0x31)?.inside();
    while !set.is_empty() {
        codes.push(String::from_utf8_lossy(set.next()?.value).trim_end_matches('<').to_owned());
    }
    Ok(codes)
}

/// Whose certificate this is, for messages; none where that cannot be read.
pub(crate) fn shown_name(bytes: &[u8]) -> Option<String> {
    let certificate = X509::from_der(bytes).ok()?;
    let name = certificate.tbs_certificate().subject().to_string();
    let shown: String = name.chars().filter(|one| !one.is_control()).take(MAX_SHOWN).collect();
    Some(shown).filter(|shown| !shown.is_empty())
}

/// An extension that a certificate insists on and this program does not know (RFC 5280 4.2: refuse).
fn has_unknown_critical(tbs: &TbsCertificate) -> bool {
    let known = [
        KeyUsage::OID,
        BasicConstraints::OID,
        SubjectKeyIdentifier::OID,
        AuthorityKeyIdentifier::OID,
        ExtendedKeyUsage::OID,
        CertificatePolicies::OID,
        DOCUMENT_TYPES,
    ];
    tbs.extensions().is_some_and(|all| all.iter().any(|one| one.critical && !known.contains(&one.extn_id)))
}

/// A serial number without the zero that DER puts before a high bit.
pub(crate) fn plain(serial: &[u8]) -> &[u8] {
    match serial {
        [0, rest @ ..] if !rest.is_empty() => rest,
        whole => whole,
    }
}

fn seconds(time: x509_cert::time::Time) -> i64 {
    i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
}
