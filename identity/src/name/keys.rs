//! Keys of a name: A, by which equal names are equal, and B, by which candidates are found.

use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// A key of a name. An identity value like the name itself.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Zeroize, ZeroizeOnDrop)]
pub struct NameKey(String);

impl NameKey {
    /// The key's text. Whoever calls this takes the value out of the protection of its type.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Most passes of tone placement. Names settle in one; text that piles marks up settles in as many as it has marks on a letter.
const MAX_PASSES: usize = 40;

/// Key A: look-alike letters, composition, invisible characters, white space, apostrophes, case and the placement of the
/// tone in open syllables no longer tell two names apart. *Equal names have equal A.*
#[must_use]
pub fn key_a(name: &str) -> NameKey {
    let composed: Zeroizing<String> = Zeroizing::new(name.chars().map(real_d).nfc().collect());
    let mut folded = Zeroizing::new(String::with_capacity(composed.len()));
    let mut space_due = false;
    for character in composed.chars().filter(|character| !is_invisible(*character)) {
        if character.is_whitespace() {
            space_due = !folded.is_empty();
            continue;
        }
        if std::mem::take(&mut space_due) {
            folded.push(' ');
        }
        match character {
            '\u{2019}' | '\u{2bc}' | '\u{60}' => folded.push('\''),
            '\u{2010}'..='\u{2013}' => folded.push('-'),
            other => folded.extend(other.to_lowercase()),
        }
    }
    // What was dropped may have stood between a letter and its mark.
    let recomposed: Zeroizing<Vec<char>> = Zeroizing::new(folded.nfc().collect());
    let mut key = Zeroizing::new(place_tones(&recomposed));
    // Where two marks stood on one letter, moving one composes the other anew; so until nothing moves any more.
    for _ in 0..MAX_PASSES {
        let again: Zeroizing<Vec<char>> = Zeroizing::new(key.nfc().collect());
        let next = Zeroizing::new(place_tones(&again));
        if *next == *key {
            break;
        }
        key = next;
    }
    NameKey(std::mem::take(&mut *key))
}

/// Key B: key A without tones and vowel marks, `đ` as `d`. *Equal B is a candidate, never an answer.*
#[must_use]
pub fn key_b(name: &str) -> NameKey {
    fold(&key_a(name))
}

/// Key B of a key A.
pub(super) fn fold(key_a: &NameKey) -> NameKey {
    let plain = |character: char| if character == 'đ' { 'd' } else { character };
    let bare: Zeroizing<String> =
        Zeroizing::new(key_a.0.nfd().filter(|character| !is_mark(*character)).map(plain).nfc().collect());
    // A mark that stood alone leaves no word behind.
    let mut folded = String::with_capacity(bare.len());
    for word in bare.split(' ').filter(|word| !word.is_empty()) {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    NameKey(folded)
}

/// Combining marks of Latin letters: tones and the marks of ă, â, ê, ô, ơ, ư.
fn is_mark(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}')
}

/// Letters that look like Đ and đ; composition does not unite them.
fn real_d(character: char) -> char {
    match character {
        '\u{d0}' | '\u{189}' => 'Đ',
        '\u{f0}' | '\u{256}' => 'đ',
        other => other,
    }
}

fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

/// The five tone marks, as they combine.
pub(super) fn is_tone(mark: char) -> bool {
    matches!(mark, '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}')
}

/// Moves the tone of open syllables in `oa`, `oe`, `uy` to the first vowel (Hòa, khỏe, Thủy: the placement of the
/// statistics office's lists), except after `q`, where `u` is part of the consonant.
fn place_tones(text: &[char]) -> String {
    let mut placed = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while !rest.is_empty() {
        let letters = rest.iter().take_while(|character| character.is_alphabetic()).count();
        let (syllable, after) = rest.split_at(letters);
        match moved_tone(syllable) {
            Some((before, first, last)) => {
                placed.extend(before);
                placed.extend(first);
                placed.push(last);
            }
            None => placed.extend(syllable),
        }
        let others = after.iter().take_while(|character| !character.is_alphabetic()).count();
        let (between, next) = after.split_at(others);
        placed.extend(between);
        rest = next;
    }
    placed
}

/// The letters before, the first vowel with the tone, and the bare last vowel; `None` if nothing is to be moved.
fn moved_tone(syllable: &[char]) -> Option<(&[char], impl Iterator<Item = char>, char)> {
    let [before @ .., first, last] = syllable else { return None };
    if before.last() == Some(&'q') {
        return None;
    }
    let mut parts = last.nfd();
    let (base, tone) = (parts.next()?, parts.next()?);
    let moves = parts.next().is_none() && is_tone(tone) && matches!((*first, base), ('o', 'a' | 'e') | ('u', 'y'));
    moves.then(|| (before, [*first, tone].into_iter().nfc(), base))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{key_a, key_b};

    #[test]
    fn the_tone_moves_only_in_open_syllables_and_not_after_q() {
        for (written, key) in [
            ("hoà", "hòa"),
            ("khoẻ", "khỏe"),
            ("thuý", "thúy"),
            ("uý", "úy"),
            ("hoàn", "hoàn"),
            ("quý", "quý"),
            ("huỳnh", "huỳnh"),
            ("toại", "toại"),
            ("hoá-thuỷ", "hóa-thủy"),
            ("Hòa", "hòa"),
        ] {
            assert_eq!(key_a(written).reveal(), key, "{written}");
        }
    }

    #[test]
    fn key_b_is_what_remains_without_marks() {
        assert_eq!(key_b("Đặng Thị Thuỷ").reveal(), "dang thi thuy");
        assert_eq!(key_b("Ưng Ơn Ăn Ân Ê Ô").reveal(), "ung on an an e o");
    }

    #[test]
    fn a_mark_without_a_letter_is_no_word() {
        assert_eq!(key_b("N \u{303} N").reveal(), "n n");
        assert_eq!(key_b("Y   \u{323}").reveal(), "y");
    }

    #[test]
    fn two_tones_on_one_letter_settle() {
        let once = key_a("oa\u{300}\u{309}");
        assert!(key_a(once.reveal()) == once);
    }

    proptest! {
        #[test]
        fn keys_are_idempotent(text in "\\PC{0,40}") {
            let once = key_a(&text);
            prop_assert!(key_a(once.reveal()) == once);
            let folded = key_b(&text);
            prop_assert!(key_b(folded.reveal()) == folded);
        }

        #[test]
        fn keys_of_vietnamese_text_are_idempotent(
            text in "[aàáảãạăằâấeèẻêếoòỏôốơờuùủưừyỳýỷỹỵđðÐhHqQnt '\u{2019}\u{300}\u{301}\u{309}\u{200b}]{0,20}",
        ) {
            let once = key_a(&text);
            prop_assert!(key_a(once.reveal()) == once);
        }
    }
}
