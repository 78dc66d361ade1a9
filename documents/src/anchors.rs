//! The issuers that the operator trusts: certificates of country signing authorities (CSCA), and what they took back.
//!
//! No certificate comes with the program: without a list every chip's signer is unknown, and never valid.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::certificate::{Certificate, Revocations, shown_name};
use crate::chip::{ChipFiles, ChipReading, authenticate};
use crate::list::{self, MAX_PARTS, Part};
use crate::{AnchorError, ChipError, PartFault, Times, Unread};

/// Most issuers. The master list of all countries has some 600.
const MAX_ISSUERS: usize = 1_024;
/// Largest file of certificates.
const MAX_FILE: usize = 8 * 1024 * 1024;
/// Signers whose certificates were checked already; a country has a few dozen in use.
const MAX_REMEMBERED: usize = 256;

/// The operator's list.
#[derive(Default)]
pub struct Anchors {
    issuers: Vec<Certificate>,
    revocations: Vec<Revocations>,
    unread: Vec<Unread>,
    /// Which issuers' signature each certificate bears, by its fingerprint: the dear part of a check, and it never changes.
    /// Several, where a link certificate says the same key once more. Validity and revocation are looked at each time.
    remembered: RwLock<HashMap<[u8; 32], Vec<usize>>>,
}

/// What is known of a signer's issuer, and what the signer may sign.
pub(crate) struct Trusted {
    pub(crate) is_synthetic: bool,
    pub(crate) revocations: Freshness,
    pub(crate) documents: Option<Vec<String>>,
}

/// How far an issuer's lists of revocations can be relied on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    Fresh,
    Stale,
    Missing,
}

impl Anchors {
    /// An empty list: no chip is believed.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads a list: certificates and revocation lists, any number, in any order, in PEM or DER, bundled (PKCS #7) or as a
    /// master list. What cannot be used is told by [`Anchors::unread`], and the rest is.
    ///
    /// # Errors
    /// [`AnchorError`]: nothing of the file can be used.
    pub fn read(file: &[u8]) -> Result<Self, AnchorError> {
        let parts = if file.len() > MAX_FILE { Vec::new() } else { list::parts(file) };
        if file.len() > MAX_FILE || parts.len() > MAX_PARTS {
            return Err(AnchorError::TooLarge);
        }
        let mut anchors = Self::default();
        let (mut issuers, mut lists) = (Vec::new(), Vec::new());
        for (part, what) in (1..).zip(parts) {
            match what {
                Part::Certificate(bytes) => match issuer(&bytes) {
                    Ok(certificate) => issuers.push((part, bytes, certificate)),
                    Err(fault) => anchors.pass_over(part, shown_name(&bytes), fault),
                },
                Part::Revocations(bytes) => match Revocations::read(&bytes) {
                    Ok(list) => lists.push((part, list)),
                    Err(fault) => anchors.pass_over(part, None, fault.into()),
                },
                Part::Fault(fault) => anchors.pass_over(part, None, fault),
            }
        }
        // Which are whole is asked of all of them at once: a link may stand before the key that signed it.
        let whole: Vec<bool> = issuers.iter().map(|(_, _, one)| is_whole(one, &issuers)).collect();
        for ((part, bytes, certificate), whole) in issuers.into_iter().zip(whole) {
            if !whole {
                anchors.pass_over(part, shown_name(&bytes), PartFault::Damaged);
            } else if anchors.issuers.len() >= MAX_ISSUERS {
                return Err(AnchorError::TooLarge);
            } else if anchors.issuers.iter().all(|known| known.fingerprint != certificate.fingerprint) {
                anchors.issuers.push(certificate);
            }
        }
        for (part, list) in lists {
            anchors.add_revocations(part, list);
        }
        anchors.unread.sort_by_key(|unread| unread.part);
        if anchors.is_empty() {
            return Err(AnchorError::NoIssuer { first: anchors.unread.into_iter().next() });
        }
        Ok(anchors)
    }

    fn pass_over(&mut self, part: usize, name: Option<String>, fault: PartFault) {
        self.unread.push(Unread { part, name, fault });
    }

    fn add_revocations(&mut self, part: usize, list: Revocations) {
        let Some(signer) = self.issuers.iter().position(|issuer| list.is_of(issuer)) else {
            return self.pass_over(part, None, PartFault::RevocationsOfNobody);
        };
        // Of two lists of the same key the newer one.
        let same_key = |known: &Revocations| self.issuers.get(signer).is_some_and(|issuer| known.is_of(issuer));
        match self.revocations.iter().position(same_key) {
            Some(at) => {
                if let Some(known) = self.revocations.get_mut(at).filter(|known| known.issued <= list.issued) {
                    *known = list;
                }
            }
            None => self.revocations.push(list),
        }
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

    /// The parts of the file that are not used, in its order.
    #[must_use]
    pub fn unread(&self) -> &[Unread] {
        &self.unread
    }

    /// How many issuers have no list of revocations.
    #[must_use]
    pub fn without_revocations(&self) -> usize {
        let has_none = |issuer: &&Certificate| self.revocations.iter().all(|list| list.issuer != issuer.subject);
        self.issuers.iter().filter(has_none).count()
    }

    /// Whether one of them is of this program's own factory, for demonstrations.
    #[must_use]
    pub fn has_synthetic(&self) -> bool {
        self.issuers.iter().any(|issuer| issuer.is_synthetic)
    }

    /// Passive authentication of what a desk read. The issuer's side must hold now, by this host's clock; the card's own
    /// last day is looked at as of the reading.
    ///
    /// # Errors
    /// [`ChipError`], the first check that fails.
    pub fn authenticate(&self, files: &ChipFiles<'_>, times: Times) -> Result<ChipReading, ChipError> {
        authenticate(self, files, times)
    }

    /// Whether a signer is one that an issuer of the list vouches for at this second.
    pub(crate) fn check_signer(&self, signer: &Certificate, at: i64) -> Result<Trusted, ChipError> {
        if !signer.may_sign_files {
            return Err(ChipError::SignerUnfit);
        }
        let issuers = self.issuers_of(signer)?;
        let covers = |issuer: &&Certificate| {
            (issuer.valid_from..=issuer.valid_until).contains(&signer.valid_from) && at <= issuer.valid_until
        };
        let mut issuers = issuers.iter().filter_map(|at| self.issuers.get(*at));
        let issuer = issuers.find(covers).ok_or(ChipError::IssuerExpired)?;
        if at < signer.valid_from {
            return Err(ChipError::SignerNotYetValid);
        }
        if at > signer.valid_until {
            return Err(ChipError::SignerExpired);
        }
        // After a change of keys the list is signed with the new one, for the signers of the old one too.
        let lists = || self.revocations.iter().filter(|list| list.issuer == issuer.subject);
        if lists().any(|list| list.serials.binary_search(&signer.serial).is_ok()) {
            return Err(ChipError::SignerRevoked);
        }
        let revocations = match lists().max_by_key(|list| list.issued) {
            None => Freshness::Missing,
            Some(newest) if at > newest.next_due => Freshness::Stale,
            Some(_) => Freshness::Fresh,
        };
        Ok(Trusted { is_synthetic: issuer.is_synthetic, revocations, documents: None })
    }

    /// All issuers whose key signed this certificate.
    fn issuers_of(&self, signer: &Certificate) -> Result<Vec<usize>, ChipError> {
        let known = self.remembered.read().unwrap_or_else(PoisonError::into_inner).get(&signer.fingerprint).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let named = || self.issuers.iter().enumerate().filter(|(_, issuer)| signer.names_as_issuer(issuer));
        let found: Vec<usize> = named().filter(|(_, issuer)| signer.is_signed_by(issuer)).map(|(at, _)| at).collect();
        if found.is_empty() {
            return Err(if named().next().is_some() { ChipError::SignerForged } else { ChipError::UnknownSigner });
        }
        let mut remembered = self.remembered.write().unwrap_or_else(PoisonError::into_inner);
        // Whoever sends certificates of a trusted issuer only makes the memory begin anew.
        if remembered.len() >= MAX_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(signer.fingerprint, found.clone());
        Ok(found)
    }
}

/// A certificate that may stand on the list.
fn issuer(bytes: &[u8]) -> Result<Certificate, PartFault> {
    let certificate = Certificate::read(bytes)?;
    if certificate.may_sign_certificates { Ok(certificate) } else { Err(PartFault::NotAnIssuer) }
}

/// Whether a certificate bears the signature of its issuer: its own, or of another one on the list. A link whose old key is
/// not on the list cannot be asked that. A file that was damaged on its way shows here; who sent it does not, so the
/// operator compares fingerprints.
fn is_whole(one: &Certificate, all: &[(usize, Vec<u8>, Certificate)]) -> bool {
    if !one.is_of_another_key() && one.is_signed_by(one) {
        return true;
    }
    let others = || all.iter().map(|(_, _, other)| other).filter(|other| other.fingerprint != one.fingerprint);
    let mut named = others().filter(|other| one.names_as_issuer(other)).peekable();
    match named.peek() {
        Some(_) => named.any(|issuer| one.is_signed_by(issuer)),
        None => one.is_of_another_key(),
    }
}
