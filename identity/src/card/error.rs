//! Why a text is not read as a card's.

use super::MAX_CARD_BYTES;

/// What is wrong with the number of fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutFault {
    /// Fewer than seven fields: it broke off, or a Vietnamese input method made other letters of what the reader typed.
    #[error(
        "the text has fewer than the 7 fields of a card: scan the card again; where the reader types like a keyboard, switch the Vietnamese input method (Telex, VNI) off or set the reader to serial output"
    )]
    TooFew,
    /// More than seven, and not eleven.
    #[error("the text has more fields than a card: scan one card at a time")]
    TooMany,
    /// Another sign stands where `|` should: the reader types through another keyboard layout.
    #[error(
        "another sign stands where `|` should: set the reader to the keyboard layout of this computer and scan again"
    )]
    KeyboardLayout,
    /// Two different cards in one text.
    #[error("two cards stand in one text: scan one card at a time")]
    TwoCards,
}

/// What is wrong with the day of issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueFault {
    /// Not a day written as `ddMMyyyy`.
    #[error("the day of issue is no day of the calendar: scan the card itself")]
    NoDate,
    /// Before the date of birth.
    #[error("the day of issue is before the date of birth: look at the card, and scan it itself")]
    BeforeBirth,
    /// Later than tomorrow.
    #[error("the day of issue lies ahead: look at the card, and at the clock of this computer")]
    InFuture,
}

/// What the number says otherwise than the card's own fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The century digit means the other sex.
    #[error(
        "the number's century digit says the other sex: ask whether the number was replaced, and look the person up"
    )]
    Sex,
    /// The number names another year of birth.
    #[error("the number names another year of birth: ask whether the number was replaced, and look the person up")]
    Year,
}

/// Why a text is not read as a card's: the first check that failed. No variant carries a value of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardTextError {
    /// Longer than [`MAX_CARD_BYTES`].
    #[error("the reader sent more than {MAX_CARD_BYTES} bytes: scan one identity card at a time")]
    TooLong,
    /// Not UTF-8.
    #[error("the reader did not send UTF-8: set it to UTF-8 output and scan again")]
    NotUtf8,
    /// A control character inside the text.
    #[error("there are control characters inside the text: set the reader to plain output and scan again")]
    ControlCharacter,
    /// Chinese, Japanese or Korean letters: the reader guesses the encoding.
    #[error("the reader guesses an East Asian encoding: set it to UTF-8 and scan again")]
    GuessedEncoding,
    /// A link, a payment code, nothing at all.
    #[error("this is not the code of an identity card: scan the code on the card")]
    NotIdentityQr,
    /// Neither 7 nor 11 fields.
    #[error("{0}")]
    Layout(LayoutFault),
    /// Field 1 is not twelve digits: a table dropped a zero, or a Vietnamese input method made tones of digits.
    #[error(
        "the number on the card must have 12 digits: read the card itself, not a copy from a table; where the reader types like a keyboard, switch the Vietnamese input method (Telex, VNI) off or set the reader to serial output"
    )]
    NumberFormat,
    /// Field 2 is neither empty nor nine digits.
    #[error("the old number must be empty or have 9 digits: scan the card again")]
    OldNumberFormat,
    /// Field 3 is no name.
    #[error("the name has characters that no name has: set the reader to UTF-8 and scan again")]
    Name,
    /// Field 4 is not a day written as `ddMMyyyy`.
    #[error("the date of birth is no day of the calendar: scan the card itself")]
    Born,
    /// Field 5 is not `Nam` or `Nữ`.
    #[error("sex must be written as on the card: scan the card itself")]
    Sex,
    /// Field 6 is no address.
    #[error("the address is longer than any on a card: scan the card itself")]
    Address,
    /// Field 7 does not fit.
    #[error("{0}")]
    Issued(IssueFault),
    /// The number disagrees with sex or year of birth. A number may have been replaced since: the officer decides.
    #[error("{0}")]
    NumberMismatch(Mismatch),
}

impl CardTextError {
    /// Stable name of the error: the key of its wording.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong | Self::NotUtf8 | Self::ControlCharacter | Self::GuessedEncoding => "encoding",
            Self::NotIdentityQr => "not_identity_qr",
            Self::Layout(_) => "layout",
            Self::NumberFormat => "pin_format",
            Self::OldNumberFormat => "cmnd_format",
            Self::Name => "name",
            Self::Born => "dob",
            Self::Sex => "sex",
            Self::Address => "address",
            Self::Issued(_) => "issued",
            Self::NumberMismatch(_) => "pin_mismatch",
        }
    }
}
