//! Sex as the papers record it.

use serde::{Deserialize, Serialize};

/// Sex as recorded; the papers know these two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sex {
    /// `Nam` on the card, `M` in the machine-readable zone.
    Male,
    /// `Nữ` on the card, `F` in the machine-readable zone.
    Female,
}

impl Sex {
    /// Reads the word of the card's QR: exactly `Nam` or `Nữ`, composed. `M` and `F` belong to another zone of the card.
    #[must_use]
    pub fn from_card(word: &str) -> Option<Self> {
        match word {
            "Nam" => Some(Self::Male),
            "Nữ" => Some(Self::Female),
            _ => None,
        }
    }

    /// The word of the card's QR.
    #[must_use]
    pub const fn card_word(self) -> &'static str {
        match self {
            Self::Male => "Nam",
            Self::Female => "Nữ",
        }
    }

    /// The stable code in interfaces.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sex;

    #[test]
    fn only_the_words_of_the_card_are_read() {
        assert_eq!(Sex::from_card(Sex::Male.card_word()), Some(Sex::Male));
        assert_eq!(Sex::from_card(Sex::Female.card_word()), Some(Sex::Female));
        for word in ["M", "F", "nam", "NAM", "Nu", "", "Nam "] {
            assert_eq!(Sex::from_card(word), None, "{word}");
        }
    }
}
