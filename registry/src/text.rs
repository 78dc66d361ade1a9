//! Words that people read, in both languages of the house.

use serde::{Deserialize, Serialize};

/// A text in Vietnamese and English. Neither is empty, neither holds control or invisible characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Bilingual {
    vi: String,
    en: String,
}

/// Why the host touches data: shown to approvers, citizens and auditors.
pub type Purpose = Bilingual;

/// Why a bilingual text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// One language is missing.
    #[error("the text in `{language}` is empty: write it in both languages, `{{ vi = \"…\", en = \"…\" }}`")]
    Empty {
        /// `vi` or `en`.
        language: &'static str,
    },
    /// Longer than [`Bilingual::MAX_BYTES`].
    #[error("the text in `{language}` is {bytes} bytes long, at most {most} are allowed: shorten it", most = Bilingual::MAX_BYTES)]
    TooLong {
        /// `vi` or `en`.
        language: &'static str,
        /// Its length.
        bytes: usize,
    },
    /// Control characters or such as change the direction of reading.
    #[error("the text in `{language}` holds characters that nobody sees: remove them")]
    Invisible {
        /// `vi` or `en`.
        language: &'static str,
    },
}

impl Bilingual {
    /// Longest text in one language, in bytes: three sentences. 1 KiB holds some 165 Vietnamese syllables (6.1 bytes each).
    pub const MAX_BYTES: usize = 1024;

    /// Both texts, checked.
    pub fn new(vi: impl Into<String>, en: impl Into<String>) -> Result<Self, TextError> {
        let (vi, en) = (vi.into(), en.into());
        for (language, text) in [("vi", &vi), ("en", &en)] {
            if text.trim().is_empty() {
                return Err(TextError::Empty { language });
            }
            if text.len() > Self::MAX_BYTES {
                return Err(TextError::TooLong { language, bytes: text.len() });
            }
            if text.chars().any(|c| (c.is_control() && c != '\n') || is_invisible(c)) {
                return Err(TextError::Invisible { language });
            }
        }
        Ok(Self { vi, en })
    }

    /// The Vietnamese text.
    pub fn vi(&self) -> &str {
        &self.vi
    }

    /// The English text.
    pub fn en(&self) -> &str {
        &self.en
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    vi: String,
    en: String,
}

impl TryFrom<Unchecked> for Bilingual {
    type Error = TextError;

    fn try_from(text: Unchecked) -> Result<Self, TextError> {
        Self::new(text.vi, text.en)
    }
}

/// Whether a character takes no room or turns the direction of reading: with such, a page shows another text than it holds.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Longest part of a foreign name that an error repeats.
const NAME_CHARS: usize = 64;

/// A name that someone else chose, fit for a log or a page: printable ASCII only, the rest as `\u{…}`, at most 64 characters of it.
pub fn escape_name(name: &str) -> String {
    escape(name, NAME_CHARS)
}

/// The same for a sentence in which such names may stand, at most `most` characters of it.
pub(crate) fn escape(text: &str, most: usize) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let escaped = if (c.is_ascii_graphic() && c != '\\') || c == ' ' {
            c.to_string()
        } else {
            c.escape_unicode().to_string()
        };
        if out.len() + escaped.len() > most {
            out.push('…');
            break;
        }
        out.push_str(&escaped);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_needs_both_languages() {
        assert_eq!(Bilingual::new(" ", "x"), Err(TextError::Empty { language: "vi" }));
        assert_eq!(Bilingual::new("x", ""), Err(TextError::Empty { language: "en" }));
        assert!(serde_json::from_str::<Bilingual>(r#"{"vi":"Lưu trú","en":""}"#).is_err());
    }

    #[test]
    fn a_text_that_reads_backwards_is_refused() {
        assert_eq!(Bilingual::new("chỉ đọc\u{202e}", "x"), Err(TextError::Invisible { language: "vi" }));
    }

    proptest! {
        #[test]
        fn an_escaped_name_is_short_and_printable(name in "\\PC{0,200}|.{0,200}") {
            let escaped = escape_name(&name);
            prop_assert!(escaped.chars().count() <= NAME_CHARS + 1);
            prop_assert!(escaped.chars().all(|c| c.is_ascii_graphic() || c == ' ' || c == '…'));
        }
    }
}
