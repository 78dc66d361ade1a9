//! One reading, however a person was read.

use ed25519_dalek::VerifyingKey;
use pilothouse_identity::{CardFacts, CardKind, CardLabels, CardText, CardWarning, PersonalNumber};
use time::{Date, OffsetDateTime, UtcOffset};

use crate::code::{AccountLevel, CodeVerifier};
use crate::kiosk::{Body, KioskResult, Match};
use crate::{Anchors, ChipFiles, ReadingError};

/// How a person was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The printed code of the card.
    QrCard,
    /// The chip, with passive authentication.
    NfcChip,
    /// A code of VNeID, checked with its provider.
    VneidQr,
    /// The face, against the chip.
    Face,
    /// A finger, against the chip.
    Fingerprint,
}

/// The ladder of proof of identity, lowest rung first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assurance {
    /// Somebody said so.
    Declared,
    /// From a copy: a printed code.
    Copied,
    /// A card whose data the issuer signed was there.
    Possession,
    /// Checked with the issuer, at that moment.
    Verified,
    /// The person's body matches the card.
    Biometric,
}

impl Assurance {
    /// The rung as contracts name it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Copied => "copied",
            Self::Possession => "possession",
            Self::Verified => "verified",
            Self::Biometric => "biometric",
        }
    }
}

/// Something to know about a reading that is taken all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadingWarning {
    /// Of the card's text.
    Text(CardWarning),
    /// The card's last day is over: what follows is the department's decision.
    CardExpired,
    /// Nothing shows that the chip is no copy.
    NoCloneCheck,
    /// Signed by this program's own factory: a demonstration.
    Synthetic,
    /// A newer list of revocations is due.
    RevocationsStale,
    /// The operator has no list of revocations of this issuer: a signer that was revoked would be believed.
    RevocationsMissing,
    /// The chip's texts could not be read.
    TextsUnread,
    /// The account was opened online, which proves less than the card.
    AccountLevelOne,
    /// The match is at the threshold: staff must look.
    LowScore,
    /// Face or finger do not match the card.
    NoMatch,
}

impl ReadingWarning {
    /// Stable name of the warning.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Text(warning) => warning.code(),
            Self::CardExpired => "card-expired",
            Self::NoCloneCheck => "no-clone-check",
            Self::Synthetic => "synthetic",
            Self::RevocationsStale => "revocations-stale",
            Self::RevocationsMissing => "revocations-missing",
            Self::TextsUnread => "texts-unread",
            Self::AccountLevelOne => "account-level-1",
            Self::LowScore => "low-score",
            Self::NoMatch => "no-match",
        }
    }
}

/// What a desk, a reader or a kiosk sent.
#[derive(Clone, Copy)]
pub enum Sent<'a> {
    /// The text of a card's QR code.
    CardText(&'a [u8]),
    /// A chip's files.
    Chip(ChipFiles<'a>),
    /// A code of VNeID, and the facility where it was shown.
    Code {
        /// The code.
        code: &'a str,
        /// For which facility it must be made.
        audience: &'a str,
    },
    /// A kiosk's signed result.
    Kiosk {
        /// Which device.
        device: &'a str,
        /// The key that it was enrolled with.
        key: &'a VerifyingKey,
        /// What it signed.
        result: KioskResult<'a>,
    },
}

/// When something was read, and when it came in.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// When it was read, as the reader says.
    pub captured_at: OffsetDateTime,
    /// Now, by this host's clock.
    pub now: OffsetDateTime,
}

/// With what readings are checked.
#[derive(Clone, Copy)]
pub struct Checks<'a> {
    /// The issuers of chips that the operator trusts.
    pub anchors: &'a Anchors,
    /// Who knows the codes of VNeID.
    pub codes: &'a CodeVerifier,
    /// What may stand in front of a card's text.
    pub labels: &'a CardLabels,
}

/// A reading: who, how, and how far it can be relied on. An identity value as a whole.
pub struct Reading {
    /// The personal number that was read.
    pub number: PersonalNumber,
    /// How.
    pub method: Method,
    /// How far it can be relied on.
    pub assurance: Assurance,
    /// Which card, where one was read.
    pub document: Option<CardKind>,
    /// What the card says that a register can be asked about.
    pub facts: Option<CardFacts>,
    /// What to know about this reading, each at most once.
    pub warnings: Vec<ReadingWarning>,
    /// When it was read.
    pub captured_at: OffsetDateTime,
    /// What must never be taken twice, and is to be kept with the call that used it: a code's or a result's nonce.
    pub once: Option<String>,
}

impl Reading {
    /// Checks what was sent.
    ///
    /// # Errors
    /// [`ReadingError`], the first check that fails.
    pub fn check(sent: &Sent<'_>, checks: Checks<'_>, times: Times) -> Result<Self, ReadingError> {
        match sent {
            Sent::CardText(text) => Self::card(text, checks.labels, times),
            Sent::Chip(files) => Self::of_chip(files, checks.anchors, times),
            // A code is checked with its provider at once, so the host's clock counts and not the desk's.
            Sent::Code { code, audience } => {
                let checked = checks.codes.check(code, audience, times.now)?;
                let (assurance, warnings) = match checked.level {
                    AccountLevel::Two => (Assurance::Verified, Vec::new()),
                    AccountLevel::One => (Assurance::Declared, vec![ReadingWarning::AccountLevelOne]),
                };
                Ok(Self {
                    assurance,
                    warnings,
                    once: Some(checked.once),
                    ..Self::bare(checked.number, Method::VneidQr, times.captured_at)
                })
            }
            Sent::Kiosk { device, key, result } => {
                let checked = result.check(device, key, times.now)?;
                let method = if checked.body == Body::Face { Method::Face } else { Method::Fingerprint };
                // A person whom the kiosk does not know again is not turned away: staff look, as the procedure says.
                let (assurance, warnings) = match checked.band {
                    Match::High | Match::Medium => (Assurance::Biometric, Vec::new()),
                    Match::Low => (Assurance::Declared, vec![ReadingWarning::LowScore]),
                    Match::Failed => (Assurance::Declared, vec![ReadingWarning::NoMatch]),
                };
                let bare = Self::bare(checked.number, method, checked.at);
                Ok(Self { assurance, warnings, once: Some(checked.once), ..bare })
            }
        }
    }

    fn bare(number: PersonalNumber, method: Method, captured_at: OffsetDateTime) -> Self {
        let (assurance, document, facts) = (Assurance::Declared, None, None);
        Self { number, method, assurance, document, facts, warnings: Vec::new(), captured_at, once: None }
    }

    /// Reads a card's text, which may have one of these labels in front.
    ///
    /// # Errors
    /// [`ReadingError::Card`], the first check that fails.
    pub fn card(text: &[u8], labels: &CardLabels, times: Times) -> Result<Self, ReadingError> {
        let card = CardText::receive(text, labels)?.reading(day(times.now))?;
        let warnings = card.warnings.iter().copied().map(ReadingWarning::Text).collect();
        let bare = Self::bare(card.number.clone(), Method::QrCard, times.captured_at);
        let document = Some(card.kind_guess());
        Ok(Self { assurance: Assurance::Copied, document, warnings, facts: Some(card.into()), ..bare })
    }

    fn of_chip(files: &ChipFiles<'_>, anchors: &Anchors, times: Times) -> Result<Self, ReadingError> {
        let chip = anchors.authenticate(files, times)?;
        let facts = Some(chip.facts());
        let document = chip.issued.map(CardKind::of_issue);
        let bare = Self::bare(chip.number, Method::NfcChip, times.captured_at);
        Ok(Self { assurance: Assurance::Possession, document, warnings: chip.warnings, facts, ..bare })
    }
}

/// The day in the province.
fn day(at: OffsetDateTime) -> Date {
    at.to_offset(UtcOffset::from_hms(7, 0, 0).unwrap_or(UtcOffset::UTC)).date()
}
