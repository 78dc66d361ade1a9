//! What some desk software writes in front of a card's text: refused, unless the operator allows it by name.

/// Most labels of one house.
const MAX_LABELS: usize = 16;
/// Longest label, in bytes.
const MAX_BYTES: usize = 32;

/// A text that is no label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardLabelError {
    /// Empty, too long, or with characters of a card's first field.
    #[error(
        "a label has 1 to 32 bytes of letters, spaces and the signs : . - _ # and no digits: write what stands before the number, such as CCCD:"
    )]
    NotALabel,
    /// More than a house has use for.
    #[error("at most 16 labels: name those that the desks' software really writes")]
    TooMany,
}

/// The labels that an operator allows; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CardLabels(Vec<String>);

impl CardLabels {
    /// No label: what is in front of the number is refused.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// The labels of a configuration.
    ///
    /// # Errors
    /// [`CardLabelError`].
    pub fn new(labels: impl IntoIterator<Item = String>) -> Result<Self, CardLabelError> {
        let mut labels: Vec<String> = labels.into_iter().map(|label| label.trim().to_owned()).collect();
        if labels.len() > MAX_LABELS {
            return Err(CardLabelError::TooMany);
        }
        // A digit or `|` could begin a card's own text.
        let fits = |character: char| character.is_alphabetic() || " :.-_#".contains(character);
        if labels.iter().any(|label| !(1..=MAX_BYTES).contains(&label.len()) || !label.chars().all(fits)) {
            return Err(CardLabelError::NotALabel);
        }
        // The longest first, where one begins with another.
        labels.sort_unstable_by_key(|label| std::cmp::Reverse(label.len()));
        Ok(Self(labels))
    }

    /// The text without an allowed label in front, once.
    pub(super) fn strip<'t>(&self, text: &'t str) -> &'t str {
        let rest = self.0.iter().find_map(|label| text.strip_prefix(label.as_str()));
        rest.map_or(text, str::trim_start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowed_label_goes_once_and_the_longest_first() {
        let labels = CardLabels::new(["CCCD:".to_owned(), " CCCD: Số ".to_owned()]).expect("labels");
        for (text, rest) in [
            ("CCCD:0440", "0440"),
            ("CCCD: 0440", "0440"),
            ("CCCD: Số 0440", "0440"),
            ("CCCD:CCCD:0440", "CCCD:0440"),
            ("cccd:0440", "cccd:0440"),
            ("0440|CCCD:", "0440|CCCD:"),
        ] {
            assert_eq!(labels.strip(text), rest);
        }
        assert_eq!(CardLabels::none().strip("CCCD:0440"), "CCCD:0440");
    }

    #[test]
    fn what_could_begin_a_cards_own_text_is_no_label() {
        for wrong in ["", "  ", "044", "CCCD|", "a\u{1}", &"x".repeat(33)] {
            assert_eq!(CardLabels::new([wrong.to_owned()]), Err(CardLabelError::NotALabel), "{wrong}");
        }
        assert_eq!(CardLabels::new(vec!["a".to_owned(); 17]), Err(CardLabelError::TooMany));
    }
}
