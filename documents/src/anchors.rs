//! The issuers that the operator trusts: certificates of country signing authorities (CSCA), and what they took back.
//!
//! No certificate comes with the program: without a list every chip's signer is unknown, and never valid.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;

use crate::certificate::{Certificate, MAX_REVOCATIONS, Revocations};
use crate::chip::{ChipFiles, ChipReading, authenticate};
use crate::{AnchorError, ChipError};

/// Most issuers. The master list of all countries has some 500.
const MAX_ISSUERS: usize = 1_024;
/// Largest file of certificates.
const MAX_FILE: usize = 8 * 1024 * 1024;
/// Signers whose certificates were checked already; a country has a few dozen in use.
const MAX_REMEMBERED: usize = 256;

struct Issuer {
    certificate: Certificate,
    revoked: Option<Revocations>,
}

/// The operator's list.
#[derive(Default)]
pub struct Anchors {
    issuers: Vec<Issuer>,
    /// Which issuer's signature each certificate bears, by its fingerprint: the dear part of a check, and it never changes.
    /// Validity and revocation are looked at each time.
    remembered: RwLock<HashMap<[u8; 32], usize>>,
}

/// What is known of a signer's issuer.
pub(crate) struct Trusted {
    pub(crate) is_synthetic: bool,
    pub(crate) is_stale: bool,
}

impl Anchors {
    /// An empty list: no chip is believed.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads a list: certificates and revocation lists, in PEM, any number, in any order; or one certificate in DER.
    ///
    /// # Errors
    /// [`AnchorError`]: nothing of the file is taken then.
    pub fn read(file: &[u8]) -> Result<Self, AnchorError> {
        if file.len() > MAX_FILE {
            return Err(AnchorError::TooLarge);
        }
        let mut anchors = Self::default();
        let (certificates, lists) = match std::str::from_utf8(file) {
            Ok(text) => (blocks(text, "CERTIFICATE")?, blocks(text, "X509 CRL")?),
            Err(_) => (vec![file.to_vec()], Vec::new()),
        };
        for bytes in &certificates {
            anchors.add_issuer(bytes)?;
        }
        for bytes in &lists {
            anchors.add_revocations(bytes)?;
        }
        Ok(anchors)
    }

    fn add_issuer(&mut self, bytes: &[u8]) -> Result<(), AnchorError> {
        if self.issuers.len() >= MAX_ISSUERS {
            return Err(AnchorError::TooLarge);
        }
        let certificate = Certificate::read(bytes).map_err(|_| AnchorError::Certificate)?;
        if !certificate.may_sign_certificates {
            return Err(AnchorError::NotAnIssuer);
        }
        // A file that was damaged on its way shows here; who sent it does not, so the operator compares fingerprints.
        if certificate.issuer == certificate.subject && !certificate.is_signed_by(&certificate) {
            return Err(AnchorError::Certificate);
        }
        self.issuers.push(Issuer { certificate, revoked: None });
        Ok(())
    }

    fn add_revocations(&mut self, bytes: &[u8]) -> Result<(), AnchorError> {
        if bytes.len() > MAX_REVOCATIONS {
            return Err(AnchorError::TooLarge);
        }
        let list = Revocations::read(bytes).map_err(|_| AnchorError::Revocations)?;
        let issuer = self.issuers.iter_mut().find(|issuer| list.is_of(&issuer.certificate));
        let issuer = issuer.ok_or(AnchorError::RevocationsOfNobody)?;
        // Of two lists the newer one.
        if issuer.revoked.as_ref().is_none_or(|known| known.next_due <= list.next_due) {
            issuer.revoked = Some(list);
        }
        Ok(())
    }

    /// How many issuers are trusted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.issuers.len()
    }

    /// Whether no issuer is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.issuers.is_empty()
    }

    /// Whether one of them is of this program's own factory, for demonstrations.
    #[must_use]
    pub fn has_synthetic(&self) -> bool {
        self.issuers.iter().any(|issuer| issuer.certificate.is_synthetic)
    }

    /// Passive authentication of what a desk read, as of the time of the reading.
    ///
    /// # Errors
    /// [`ChipError`], the first check that fails.
    pub fn authenticate(&self, files: &ChipFiles<'_>, at: OffsetDateTime) -> Result<ChipReading, ChipError> {
        authenticate(self, files, at)
    }

    /// Whether a signer is one that an issuer of the list vouches for at this second.
    pub(crate) fn check_signer(&self, signer: &Certificate, at: i64) -> Result<Trusted, ChipError> {
        if !signer.may_sign_files {
            return Err(ChipError::SignerUnfit);
        }
        let issuer = self.issuer_of(signer)?;
        let vouches = &issuer.certificate;
        if !(vouches.valid_from..=vouches.valid_until).contains(&signer.valid_from) || at > vouches.valid_until {
            return Err(ChipError::IssuerExpired);
        }
        if at < signer.valid_from {
            return Err(ChipError::SignerNotYetValid);
        }
        if at > signer.valid_until {
            return Err(ChipError::SignerExpired);
        }
        let revoked = issuer.revoked.as_ref();
        if revoked.is_some_and(|list| list.serials.binary_search(&signer.serial).is_ok()) {
            return Err(ChipError::SignerRevoked);
        }
        let is_stale = revoked.is_some_and(|list| list.next_due.is_some_and(|due| at > due));
        Ok(Trusted { is_synthetic: vouches.is_synthetic, is_stale })
    }

    fn issuer_of(&self, signer: &Certificate) -> Result<&Issuer, ChipError> {
        let known = self.remembered.read().unwrap_or_else(PoisonError::into_inner).get(&signer.fingerprint).copied();
        if let Some(issuer) = known.and_then(|at| self.issuers.get(at)) {
            return Ok(issuer);
        }
        let mut is_named = false;
        for (at, issuer) in self.issuers.iter().enumerate() {
            if !signer.names_as_issuer(&issuer.certificate) {
                continue;
            }
            is_named = true;
            if signer.is_signed_by(&issuer.certificate) {
                let mut remembered = self.remembered.write().unwrap_or_else(PoisonError::into_inner);
                // Whoever sends certificates of a trusted issuer only makes the memory begin anew.
                if remembered.len() >= MAX_REMEMBERED {
                    remembered.clear();
                }
                remembered.insert(signer.fingerprint, at);
                return Ok(issuer);
            }
        }
        Err(if is_named { ChipError::SignerForged } else { ChipError::UnknownSigner })
    }
}

/// The blocks of this kind in a PEM text.
fn blocks(text: &str, kind: &str) -> Result<Vec<Vec<u8>>, AnchorError> {
    let (begin, end) = (format!("-----BEGIN {kind}-----"), format!("-----END {kind}-----"));
    let mut found = Vec::new();
    for part in text.split(begin.as_str()).skip(1) {
        let (body, _) = part.split_once(end.as_str()).ok_or(AnchorError::Cut)?;
        let packed: String = body.chars().filter(|character| !character.is_ascii_whitespace()).collect();
        found.push(STANDARD.decode(packed).map_err(|_| AnchorError::Cut)?);
    }
    Ok(found)
}
