//! Names of people: the text itself, its keys, and how two names compare.
//!
//! A Vietnamese name is surname, any number of middle names, given name, without a mark between them; people with a
//! name of one word exist. So a name is one text, and only its last word is ever singled out.

mod compare;
mod keys;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::compose::composed;

pub use compare::{NameSource, NameVerdict, compare, compare_from};
pub use keys::{NameKey, key_a, key_b};

/// Longest name in characters; the longest royal and parish names stay below 60.
pub const MAX_NAME_CHARS: usize = 100;

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// No letter in it.
    #[error("the name is empty: read it from the paper again")]
    Empty,
    /// More than [`MAX_NAME_CHARS`].
    #[error("the name is longer than {MAX_NAME_CHARS} characters: check that only the name is in this field")]
    TooLong,
    /// Something else than letters, spaces, `'`, `-` and `.`. A digit in a name is always an error.
    #[error("a name has only letters, spaces, ' - and . in it: set the reader to UTF-8 or type the name again")]
    Character,
}

/// A full name as given.
///
/// An identity value: no `Debug`, `Display`, `Serialize`; wiped when dropped. Equality is of the text; whether two names
/// mean the same is for [`compare`].
#[derive(Clone, PartialEq, Eq, Hash, Zeroize, ZeroizeOnDrop)]
pub struct FullName(String);

impl FullName {
    /// Keeps the text as given, composed (NFC) and trimmed.
    ///
    /// # Errors
    /// [`NameError`].
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        // Four bytes a character, three characters a decomposed letter: what is longer needs no further look.
        if text.len() > MAX_NAME_CHARS * 12 {
            return Err(NameError::TooLong);
        }
        let text = composed(text);
        if text.chars().nth(MAX_NAME_CHARS).is_some() {
            return Err(NameError::TooLong);
        }
        let mut name = Self(text);
        let fault = if !name.0.chars().all(is_name_character) {
            Some(NameError::Character)
        } else if !name.0.chars().any(char::is_alphabetic) {
            Some(NameError::Empty)
        } else {
            None
        };
        match fault {
            Some(error) => {
                name.zeroize();
                Err(error)
            }
            None => Ok(name),
        }
    }

    /// The text. Whoever calls this takes the value out of the protection of its type.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// How this name compares with another text, both from usual sources.
    #[must_use]
    pub fn compare(&self, other: &str) -> NameVerdict {
        compare(&self.0, other)
    }
}

fn is_name_character(character: char) -> bool {
    // U+2019 is the apostrophe that phones type: "H’Mẫu".
    character.is_alphabetic() || matches!(character, ' ' | '\'' | '-' | '.' | '\u{2019}')
}

#[cfg(test)]
mod tests {
    use super::{FullName, MAX_NAME_CHARS, NameError};

    #[test]
    fn names_of_one_word_and_of_many_are_names() {
        for text in ["Thử", "H'Mẫu", "Công Tằng Tôn Nữ Mẫu", "Y Thử", "Giu-se Trần Thử", "Ma. Thử"]
        {
            assert!(FullName::parse(text).is_ok_and(|name| name.reveal() == text), "{text}");
        }
    }

    #[test]
    fn a_decomposed_name_is_composed() {
        assert_eq!(FullName::parse("Pha\u{323}m Thu\u{31b}\u{309}").unwrap().reveal(), "Phạm Thử");
    }

    #[test]
    fn what_is_no_name_is_refused_with_its_reason() {
        assert_eq!(FullName::parse(" ").err(), Some(NameError::Empty));
        assert_eq!(FullName::parse("-.'").err(), Some(NameError::Empty));
        assert_eq!(FullName::parse("Phạm Thị 0anh").err(), Some(NameError::Character));
        assert_eq!(FullName::parse("Nguy?n").err(), Some(NameError::Character));
        assert_eq!(FullName::parse("Thử\nMẫu").err(), Some(NameError::Character));
        assert_eq!(FullName::parse(&"ử".repeat(MAX_NAME_CHARS + 1)).err(), Some(NameError::TooLong));
        assert_eq!(FullName::parse(&"x".repeat(1 << 20)).err(), Some(NameError::TooLong));
        assert!(FullName::parse(&"ử".repeat(MAX_NAME_CHARS)).is_ok());
    }
}
