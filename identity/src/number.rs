//! Personal identification numbers and the older card numbers.

use std::ops::RangeInclusive;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{Registration, Sex};

/// Serials that made-up people carry. Issuance has no reason to reach them, so a number of ours is recognisable anywhere.
pub const SYNTHETIC_SERIALS: RangeInclusive<u32> = 990_000..=999_999;

/// Digits of a personal number.
const DIGITS: usize = 12;

/// First year of the table of century digits; people born before have no code of their own.
const FIRST_CENTURY: u16 = 1900;

/// Why a text is not a number of the asked kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not exactly twelve ASCII digits. Eleven is the sign of a spreadsheet that ate the leading zero.
    #[error("a personal number has exactly 12 digits: read the card again, or keep the column as text")]
    Personal,
    /// Neither nine nor twelve ASCII digits.
    #[error("an old card number has 9 digits (12 on cards of 2012 to 2016): read it from the card again")]
    Old,
}

impl NumberError {
    /// Stable name of the error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Personal => "pin_format",
            Self::Old => "cmnd_format",
        }
    }
}

/// A personal identification number (số định danh cá nhân): `PPP S YY RRRRRR`, no check digit.
///
/// An identity value: it cannot be printed, compared by order, or serialised; [`reveal`](Self::reveal) is the only way
/// out. The memory is wiped when it is dropped. Twelve well-formed digits prove nothing about anyone.
///
/// Source: Decree 137/2015/NĐ-CP Article 13; Law on Identity 26/2023/QH15 Article 12.
#[derive(Clone, PartialEq, Eq, Hash, Zeroize, ZeroizeOnDrop)]
pub struct PersonalNumber([u8; DIGITS]);

impl PersonalNumber {
    /// Reads exactly twelve ASCII digits; spaces, dots and other digits than `0-9` are refused.
    ///
    /// # Errors
    /// [`NumberError::Personal`].
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let digits: [u8; DIGITS] = text.as_bytes().try_into().map_err(|_| NumberError::Personal)?;
        if digits.iter().all(u8::is_ascii_digit) { Ok(Self(digits)) } else { Err(NumberError::Personal) }
    }

    /// The twelve digits. Whoever calls this takes the value out of the protection of its type.
    #[must_use]
    pub fn reveal(&self) -> &str {
        // Only ASCII digits are ever stored, so the conversion always succeeds.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Where the birth was registered.
    #[must_use]
    pub fn registration(&self) -> Registration {
        Registration::from_code(self.value_of(0..=2) as u16)
    }

    /// Sex by the fourth digit. The record decides where they differ.
    #[must_use]
    pub fn sex(&self) -> Sex {
        if self.value_of(3..=3).is_multiple_of(2) { Sex::Male } else { Sex::Female }
    }

    /// Year of birth by digits four to six. The record decides where they differ.
    #[must_use]
    pub fn birth_year(&self) -> u16 {
        FIRST_CENTURY + 100 * (self.value_of(3..=3) / 2) as u16 + self.value_of(4..=5) as u16
    }

    /// Whether this is a number of made-up people ([`SYNTHETIC_SERIALS`]).
    #[must_use]
    pub fn is_synthetic(&self) -> bool {
        SYNTHETIC_SERIALS.contains(&self.value_of(6..=11))
    }

    /// Whether it looks like what people type when they have no number: one digit twelve times, or counting up.
    #[must_use]
    pub fn is_typed_placeholder(&self) -> bool {
        self.0.iter().all(|digit| *digit == self.0[0]) || &self.0 == b"123456789012"
    }

    fn value_of(&self, digits: RangeInclusive<usize>) -> u32 {
        self.0[digits].iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0'))
    }
}

/// The number of an identity card before 2021 (CMND): nine digits, or twelve on the cards of 2012 to 2016.
///
/// An identity value like [`PersonalNumber`]. Secondary and historical: duplicates between provinces are known, so it
/// only ever helps to match.
#[derive(Clone, PartialEq, Eq, Hash, Zeroize, ZeroizeOnDrop)]
pub struct OldNumber {
    digits: [u8; DIGITS],
    length: u8,
}

impl OldNumber {
    /// Reads exactly nine or twelve ASCII digits.
    ///
    /// # Errors
    /// [`NumberError::Old`].
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let bytes = text.as_bytes();
        if !matches!(bytes.len(), 9 | 12) || !bytes.iter().all(u8::is_ascii_digit) {
            return Err(NumberError::Old);
        }
        let mut digits = [0; DIGITS];
        digits[..bytes.len()].copy_from_slice(bytes);
        Ok(Self { digits, length: bytes.len() as u8 })
    }

    /// The digits. Whoever calls this takes the value out of the protection of its type.
    #[must_use]
    pub fn reveal(&self) -> &str {
        std::str::from_utf8(&self.digits[..usize::from(self.length)]).unwrap_or_default()
    }

    /// Whether it is a number of the years 2012 to 2016, which already was the personal number.
    #[must_use]
    pub const fn has_twelve_digits(&self) -> bool {
        self.length as usize == DIGITS
    }
}

#[cfg(test)]
mod tests {
    use super::{OldNumber, PersonalNumber};
    use crate::{Registration, Sex};

    #[test]
    fn the_structure_of_a_number_is_read_digit_by_digit() {
        let number = PersonalNumber::parse("044305990038").unwrap();
        assert_eq!(number.registration(), Registration::Province(44));
        assert_eq!(number.sex(), Sex::Female);
        assert_eq!(number.birth_year(), 2005);
        assert!(number.is_synthetic());
        assert_eq!(number.reveal(), "044305990038");
    }

    #[test]
    fn the_century_digit_covers_five_centuries() {
        for (digit, sex, century) in [
            (0, Sex::Male, 1900),
            (1, Sex::Female, 1900),
            (2, Sex::Male, 2000),
            (3, Sex::Female, 2000),
            (5, Sex::Female, 2100),
            (9, Sex::Female, 2300),
        ] {
            let number = PersonalNumber::parse(&format!("044{digit}07990001")).unwrap();
            assert_eq!((number.sex(), number.birth_year()), (sex, century + 7));
        }
    }

    #[test]
    fn anything_but_twelve_ascii_digits_is_refused() {
        for text in
            ["", "04409999001", "0440999900170", "04409999001x", " 44099990017", "０４４０", "044 099 99001", "٠٤٤٠٩٩"]
        {
            assert!(PersonalNumber::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn typed_placeholders_are_noticed() {
        assert!(PersonalNumber::parse("000000000000").unwrap().is_typed_placeholder());
        assert!(PersonalNumber::parse("123456789012").unwrap().is_typed_placeholder());
        assert!(!PersonalNumber::parse("044099990017").unwrap().is_typed_placeholder());
    }

    #[test]
    fn old_numbers_have_nine_or_twelve_digits() {
        assert_eq!(OldNumber::parse("194999001").unwrap().reveal(), "194999001");
        assert!(!OldNumber::parse("194999001").unwrap().has_twelve_digits());
        assert!(OldNumber::parse("044099990017").unwrap().has_twelve_digits());
        for text in ["", "19499900", "1949990011", "19499900a"] {
            assert!(OldNumber::parse(text).is_err(), "{text}");
        }
    }
}
