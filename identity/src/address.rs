//! An address as it is written on a paper.

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::compose::composed;

/// Longest address in characters. Four levels with a house number stay below 150; cards never carry more.
pub const MAX_ADDRESS_CHARS: usize = 300;

/// Why a text is not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// More than [`MAX_ADDRESS_CHARS`].
    #[error("the address is longer than {MAX_ADDRESS_CHARS} characters: write it as it stands on the card")]
    TooLong,
    /// Contains a control character.
    #[error("the address contains a control character: type it again")]
    Control,
}

/// The text of an address, smallest unit first, with the unit names of the day on which it was written.
///
/// An identity value: no `Debug`, `Display`, `Serialize`; wiped when dropped. Which unit it means is a question of the date.
#[derive(Clone, PartialEq, Eq, Hash, Zeroize, ZeroizeOnDrop)]
pub struct AddressText(String);

impl AddressText {
    /// Keeps the text as given, composed (NFC) and trimmed; `None` where nothing is left.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse(text: &str) -> Result<Option<Self>, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        if text.chars().nth(MAX_ADDRESS_CHARS).is_some() {
            return Err(AddressError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(AddressError::Control);
        }
        Ok(Some(Self(composed(text))))
    }

    /// The text. Whoever calls this takes the value out of the protection of its type.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{AddressError, AddressText, MAX_ADDRESS_CHARS};

    #[test]
    fn an_empty_address_is_none_and_a_long_one_an_error() {
        assert!(AddressText::parse("  ").unwrap().is_none());
        assert_eq!(AddressText::parse("  Thôn Mẫu ").unwrap().unwrap().reveal(), "Thôn Mẫu");
        assert!(AddressText::parse(&"ệ".repeat(MAX_ADDRESS_CHARS)).is_ok());
        assert_eq!(AddressText::parse(&"ệ".repeat(MAX_ADDRESS_CHARS + 1)).err(), Some(AddressError::TooLong));
        assert_eq!(AddressText::parse("Thôn\u{7} Mẫu").err(), Some(AddressError::Control));
    }
}
