//! The text of the QR code on the identity card.
//!
//! One line of UTF-8, fields separated by `|`: number, old number, name, date of birth, sex, address, date of issue, and
//! on the card of 2024 four more of which only a cancelled number is kept. It carries no signature: anyone can print
//! one, so a reading is a claim to be checked against the population register or the chip, never proof of identity.
//!
//! Sources: Circular 06/2021/TT-BCA, Circular 16/2024/TT-BCA Article 6, Decree 70/2024/NĐ-CP Article 12.

mod check;
mod error;
mod labels;
mod receive;
#[cfg(test)]
mod vectors;

use std::fmt::Write as _;

use time::{Date, macros::date};
use zeroize::{Zeroize, ZeroizeOnDrop};

pub use error::{CardTextError, IssueFault, LayoutFault, Mismatch};
pub use labels::{CardLabelError, CardLabels};

use crate::{AddressText, BirthDate, FullName, OldNumber, PersonalNumber, Sex};

/// Longest text of a reader. Real payloads have 90 to 200 bytes, and an operator scans twice at most; more is an attack or another code.
pub const MAX_CARD_BYTES: usize = 1_024;

/// First day of the card under the Law on Identity 26/2023/QH15.
const IDENTITY_CARD_SINCE: Date = date!(2024 - 07 - 01);

/// What a reader read: clean text, not yet checked. A full identity record, hence an identity value.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct CardText {
    text: String,
    #[zeroize(skip)]
    artefacts: Artefacts,
}

/// What had to be put right in the text of the reader.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Artefacts {
    repaired: bool,
}

impl CardText {
    /// Takes what a reader sent: checks size and encoding, strips what readers put around it and a label that is allowed,
    /// repairs UTF-8 that was read as a western code page, composes the letters.
    ///
    /// # Errors
    /// Those of [`CardTextError`] with the code `encoding`, and `not_identity_qr`.
    pub fn receive(bytes: &[u8], labels: &CardLabels) -> Result<Self, CardTextError> {
        receive::receive(bytes, labels)
    }

    /// Checks the text as a card's and reads it. `today` is the day at the place of the reader.
    ///
    /// # Errors
    /// [`CardTextError`], the first check that fails.
    pub fn reading(&self, today: Date) -> Result<CardReading, CardTextError> {
        check::reading(self, today)
    }

    /// [`receive`](Self::receive) and [`reading`](Self::reading) in one, where no label is allowed.
    ///
    /// ```
    /// # use pilothouse_identity::CardText;
    /// # use time::macros::date;
    /// let text = "044099990017|194999001|Nguyễn Văn Thử|14021999|Nam|Thôn Mẫu, Bắc Lý|25042021";
    /// let reading = CardText::parse(text, date!(2026 - 12 - 01))?;
    /// assert!(reading.number.is_synthetic() && reading.warnings.is_empty());
    /// # Ok::<(), pilothouse_identity::CardTextError>(())
    /// ```
    ///
    /// # Errors
    /// [`CardTextError`], the first check that fails.
    pub fn parse(bytes: impl AsRef<[u8]>, today: Date) -> Result<CardReading, CardTextError> {
        Self::receive(bytes.as_ref(), &CardLabels::none())?.reading(today)
    }

    /// The whole text. Whoever calls this takes the value out of the protection of its type.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

/// Which of the two layouts in circulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardLayout {
    /// Seven fields.
    V1,
    /// Eleven fields, since 2024.
    V2,
}

impl CardLayout {
    /// Number of fields.
    #[must_use]
    pub const fn fields(self) -> usize {
        match self {
            Self::V1 => 7,
            Self::V2 => 11,
        }
    }

    pub(crate) const fn of_fields(count: usize) -> Option<Self> {
        match count {
            7 => Some(Self::V1),
            11 => Some(Self::V2),
            _ => None,
        }
    }
}

/// Which document the code stands on. The code does not say it; the day of issue makes it a good guess, to be corrected by a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardKind {
    /// Thẻ căn cước công dân, issued until 30 June 2024.
    CitizenCard,
    /// Thẻ căn cước, issued since 1 July 2024.
    IdentityCard,
}

impl CardKind {
    /// The document that was issued on this day.
    #[must_use]
    pub fn of_issue(day: Date) -> Self {
        if day >= IDENTITY_CARD_SINCE { Self::IdentityCard } else { Self::CitizenCard }
    }

    /// Its name in contracts.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::CitizenCard => "cccd",
            Self::IdentityCard => "can-cuoc",
        }
    }
}

/// Something to know about a reading that is accepted all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardWarning {
    /// The reader took UTF-8 for a western code page; the text was put right.
    Repaired,
    /// The same card was scanned twice into one text.
    DuplicateScan,
    /// Letters were lost on the way (`?`): name and address must come from the register.
    LossyText,
    /// The number's registration code is none of the 63 provinces; it may be a country.
    UnknownRegistration,
    /// The number looks like what people type when they have none.
    TypedPlaceholder,
    /// The old number has twelve digits.
    TwelveDigitOldNumber,
    /// Issued before cards carried this code (1 January 2021).
    IssuedBeforeQr,
}

impl CardWarning {
    /// Stable name of the warning.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Repaired => "repaired",
            Self::DuplicateScan => "duplicate_scan",
            Self::LossyText => "lossy_text",
            Self::UnknownRegistration => "pin_province",
            Self::TypedPlaceholder => "pin_placeholder",
            Self::TwelveDigitOldNumber => "cmnd_format",
            Self::IssuedBeforeQr => "issued",
        }
    }
}

/// A card's text, read and checked. An identity value as a whole.
#[derive(Clone, PartialEq, Eq)]
pub struct CardReading {
    /// The personal number, also the card's number.
    pub number: PersonalNumber,
    /// The number of the card before.
    pub old_number: Option<OldNumber>,
    /// A personal number that this one replaced.
    pub cancelled: Option<PersonalNumber>,
    /// The name as given; `None` only with [`CardWarning::LossyText`].
    pub name: Option<FullName>,
    /// Date of birth, always a full date.
    pub born: BirthDate,
    /// Sex.
    pub sex: Sex,
    /// Residence on the day of issue, in the unit names of that day; `None` where the card leaves it empty or letters were lost.
    pub address: Option<AddressText>,
    /// Day of issue.
    pub issued: Date,
    /// Layout.
    pub layout: CardLayout,
    /// What to know about this reading, each at most once.
    pub warnings: Vec<CardWarning>,
}

/// What a card says that a register can be asked about. An identity value as a whole.
#[derive(Clone, PartialEq, Eq)]
pub struct CardFacts {
    /// The name as the card gives it; `None` where it was lost or not read.
    pub name: Option<FullName>,
    /// Date of birth.
    pub born: BirthDate,
    /// The number of the card before.
    pub old_number: Option<OldNumber>,
}

impl From<CardReading> for CardFacts {
    fn from(reading: CardReading) -> Self {
        Self { name: reading.name, born: reading.born, old_number: reading.old_number }
    }
}

impl CardReading {
    /// The document that the code most likely stands on.
    #[must_use]
    pub fn kind_guess(&self) -> CardKind {
        CardKind::of_issue(self.issued)
    }

    /// The text that a card with these values carries: what a reader would send.
    #[must_use]
    pub fn text(&self) -> CardText {
        let born = self.born.reveal();
        let mut text = String::with_capacity(200);
        text.push_str(self.number.reveal());
        text.push('|');
        text.push_str(self.old_number.as_ref().map_or("", OldNumber::reveal));
        text.push('|');
        text.push_str(self.name.as_ref().map_or("", FullName::reveal));
        // Cards show a full date; where only the year is known, offices settle on 1 January.
        let (day, month) = (born.day().unwrap_or(1), born.month().unwrap_or(1));
        // Writing to a String cannot fail.
        let _ = write!(text, "|{day:02}{month:02}{:04}|{}|", born.year(), self.sex.card_word());
        text.push_str(self.address.as_ref().map_or("", AddressText::reveal));
        let issued = self.issued;
        let _ = write!(text, "|{:02}{:02}{:04}", issued.day(), u8::from(issued.month()), issued.year());
        if self.layout == CardLayout::V2 {
            text.push_str("||");
            text.push_str(self.cancelled.as_ref().map_or("", PersonalNumber::reveal));
            text.push_str("||");
        }
        CardText { text, artefacts: Artefacts::default() }
    }
}
