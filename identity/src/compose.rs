//! Composition of letters and marks (NFC), with a short way for text that needs none.

use unicode_normalization::UnicodeNormalization;

/// The text in composed form.
pub(crate) fn composed(text: &str) -> String {
    if text.chars().all(is_surely_composed) { text.to_owned() } else { text.nfc().collect() }
}

/// Characters that composition leaves alone whatever stands beside them: all of Latin, and the Vietnamese letters with two marks.
fn is_surely_composed(character: char) -> bool {
    matches!(character, '\0'..='\u{2ff}' | '\u{1ea0}'..='\u{1ef9}')
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::{composed, is_surely_composed};

    #[test]
    fn the_short_way_gives_what_composition_gives() {
        let plain: String = ('\0'..='\u{2ff}').chain('\u{1ea0}'..='\u{1ef9}').collect();
        assert!(plain.chars().all(is_surely_composed));
        assert_eq!(plain.nfc().collect::<String>(), plain);
        let reversed: String = plain.chars().rev().collect();
        assert_eq!(reversed.nfc().collect::<String>(), reversed);
        assert_eq!(composed("Pha\u{323}m"), "Phạm");
    }
}
