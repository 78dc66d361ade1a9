//! When two names are the same, nearly the same, or different.
//!
//! The rule is a list of cases, first match wins, and nowhere a threshold on edit distance: Lý/Lí and Võ/Vũ have the
//! same distance, and Lan and Lam are two names. Verdicts are for the names alone; the number is compared first.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::keys::{NameKey, fold, is_tone, key_a};

/// How two names compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameVerdict {
    /// The same name, spelled in one of the ways that law and lists treat as one.
    Equal,
    /// Perhaps the same: show both, a clerk confirms.
    Near,
    /// Two names.
    Different,
}

/// What is known about the source of the first name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameSource {
    /// Nothing special.
    Usual,
    /// The machine-readable zone of a foreigner's passport (`SMITH<<JOHN<PAUL`): order and marks say nothing.
    ForeignMrz,
    /// A source known to write the given name first.
    Reversing,
}

/// Compares two names from usual sources.
///
/// ```
/// # use pilothouse_identity::{compare, NameVerdict};
/// assert_eq!(compare("Nguyễn Thị Thuỷ", "Nguyễn Thị Thủy"), NameVerdict::Equal);
/// assert_eq!(compare("Lý Văn Thử", "Lí Văn Thử"), NameVerdict::Near);
/// assert_eq!(compare("Nguyễn Hoa", "Nguyễn Hòa"), NameVerdict::Different);
/// ```
#[must_use]
pub fn compare(a: &str, b: &str) -> NameVerdict {
    compare_from(a, b, NameSource::Usual)
}

/// Compares a name from a known source with another name.
#[must_use]
pub fn compare_from(a: &str, b: &str, source: NameSource) -> NameVerdict {
    let (full_a, full_b) = (key_of(a), key_of(b));
    if full_a.reveal().is_empty() || full_b.reveal().is_empty() {
        return NameVerdict::Different;
    }
    if full_a == full_b {
        return NameVerdict::Equal;
    }
    let (plain_a, plain_b) = (fold(&full_a), fold(&full_b));
    if source == NameSource::ForeignMrz {
        let sets_agree = words(&plain_a).collect::<BTreeSet<_>>() == words(&plain_b).collect();
        return if sets_agree { NameVerdict::Near } else { NameVerdict::Different };
    }
    let near = (plain_a == plain_b && (full_a == plain_a || full_b == plain_b))
        || are_word_by_word_alike(&full_a, &full_b)
        || is_shortened(&full_a, &full_b)
        || is_shortened(&full_b, &full_a)
        || is_misread_digit(&plain_a, &plain_b)
        || (source == NameSource::Reversing && words(&full_a).rev().eq(words(&full_b)));
    if near { NameVerdict::Near } else { NameVerdict::Different }
}

/// Key A of a text that may come from a machine-readable zone, where `<` separates words.
fn key_of(text: &str) -> NameKey {
    if text.contains('<') { key_a(&text.replace('<', " ")) } else { key_a(text) }
}

fn words(key: &NameKey) -> impl DoubleEndedIterator<Item = &str> + Clone {
    key.reveal().split(' ')
}

fn are_word_by_word_alike(a: &NameKey, b: &NameKey) -> bool {
    words(a).count() == words(b).count() && words(a).zip(words(b)).all(|(a, b)| a == b || are_alike(a, b))
}

/// Two words that clerks and keyboards confuse: the tone on another vowel, hỏi for ngã, a final i for y.
fn are_alike(a: &str, b: &str) -> bool {
    let (a, b) = (Spelled::of(a), Spelled::of(b));
    if a.letters == b.letters {
        let moved = a.tone == b.tone && a.tone_at != b.tone_at;
        let hoi_nga =
            matches!((a.tone, b.tone), (Some('\u{309}'), Some('\u{303}')) | (Some('\u{303}'), Some('\u{309}')));
        return moved || (hoi_nga && a.tone_at == b.tone_at);
    }
    let (Some((last_a, rest_a)), Some((last_b, rest_b))) = (a.letters.split_last(), b.letters.split_last()) else {
        return false;
    };
    let i_y = matches!((last_a, last_b), ('i', 'y') | ('y', 'i'));
    i_y && rest_a == rest_b && a.tone == b.tone && a.tone_at == b.tone_at
}

/// A word taken apart: its letters with their vowel marks, and its tone with the letter that carries it.
struct Spelled {
    letters: Vec<char>,
    tone: Option<char>,
    tone_at: usize,
}

impl Spelled {
    fn of(word: &str) -> Self {
        let mut spelled = Self { letters: Vec::new(), tone: None, tone_at: 0 };
        for character in word.chars() {
            let tone = std::iter::once(character).nfd().find(|mark| is_tone(*mark));
            if tone.is_some() {
                (spelled.tone, spelled.tone_at) = (tone, spelled.letters.len());
            }
            let bare = std::iter::once(character).nfd().filter(|mark| !is_tone(*mark));
            spelled.letters.extend(bare.nfc());
        }
        spelled
    }
}

/// Whether `short` is `long` with words left out, and both end in the same given name.
fn is_shortened(short: &NameKey, long: &NameKey) -> bool {
    let mut rest = words(long);
    words(short).next_back() == words(long).next_back() && words(short).all(|word| rest.any(|other| other == word))
}

/// Whether the names are one once the digits that readers take for letters are letters.
fn is_misread_digit(a: &NameKey, b: &NameKey) -> bool {
    let read = |character: char| match character {
        '0' => 'o',
        '1' => 'l',
        '5' => 's',
        other => other,
    };
    let has_digit = |key: &NameKey| key.reveal().contains(|character: char| character.is_ascii_digit());
    (has_digit(a) || has_digit(b)) && a.reveal().chars().map(read).eq(b.reveal().chars().map(read))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::NameVerdict::{Different, Equal, Near};
    use super::{NameSource, compare, compare_from};
    use crate::{key_a, key_b};

    /// Row, the two names, whether keys A and B are equal, verdict.
    const TABLE: [(u8, &str, &str, bool, bool, super::NameVerdict); 39] = [
        (1, "Nguyễn Thị Hoà", "Nguyễn Thị Hòa", true, true, Equal),
        (2, "Nguyễn Thị Thuỷ", "Nguyễn Thị Thủy", true, true, Equal),
        (3, "Nguyễn Ngọc Thuý", "Nguyễn Ngọc Thúy", true, true, Equal),
        (4, "Trương Thị Hoè", "Trương Thị Hòe", true, true, Equal),
        (5, "Nguyễn Uý", "Nguyễn Úy", true, true, Equal),
        (6, "NGUYỄN VĂN THỬ", "Nguyễn Văn Thử", true, true, Equal),
        (7, "Pha\u{323}m Thi\u{323} Thu\u{31b}\u{309}", "Phạm Thị Thử", true, true, Equal),
        (8, "Lê  Thị\u{a0}Mẫu ", "Lê Thị Mẫu", true, true, Equal),
        (9, "Cao\u{200b} Mẫu", "Cao Mẫu", true, true, Equal),
        (10, "\u{d0}ặng Văn Thử", "\u{110}ặng Văn Thử", true, true, Equal),
        (11, "H'Mẫu", "H\u{2019}Mẫu", true, true, Equal),
        (12, "Đặng Văn Thử", "Dang Van Thu", false, true, Near),
        (13, "NGUYEN THI MAU", "Nguyễn Thị Mẫu", false, true, Near),
        (14, "Trần Hoàn", "Trần Hòan", false, true, Near),
        (15, "Trần Văn Quý", "Trần Văn Qúy", false, true, Near),
        (16, "Trần Hữu Thử", "Trần Hửu Thử", false, true, Near),
        (17, "Lê Thị Mỹ", "Lê Thị Mỷ", false, true, Near),
        (18, "Lý Văn Thử", "Lí Văn Thử", false, false, Near),
        (19, "Trần Quý", "Trần Quí", false, false, Near),
        (20, "Hoàng Thị Mẫu", "Huỳnh Thị Mẫu", false, false, Different),
        (21, "Võ Văn Thử", "Vũ Văn Thử", false, false, Different),
        (22, "Nguyễn Hoa", "Nguyễn Hòa", false, true, Different),
        (23, "Lê Thanh Thử", "Lê Thành Thử", false, true, Different),
        (24, "Trần An", "Trần Ân", false, true, Different),
        (25, "Nguyễn Văn Thử", "Nguyễn Văn Thứ", false, true, Different),
        (26, "Đinh Văn Thử", "Đinh Thị Thử", false, false, Different),
        (27, "Hồ Thị Giả", "Hồ Giả", false, false, Near),
        (28, "Hồ Thử", "Thử", false, false, Near),
        (29, "Thử", "Thử", true, true, Equal),
        (30, "Công Tằng Tôn Nữ Mẫu", "Tôn Nữ Mẫu", false, false, Near),
        (31, "Nguyễn Trần Văn Thử", "Nguyễn Văn Thử", false, false, Near),
        (32, "Thử Văn Nguyễn", "Nguyễn Văn Thử", false, false, Near),
        (33, "Nguyễn Văn Thử", "Nguyễn Văn", false, false, Different),
        (34, "Phạm Thị 0anh", "Phạm Thị Oanh", false, false, Near),
        (35, "Trần Thị Lan", "Trần Thị Ian", false, false, Different),
        (36, "Trần Thị Lan", "Trần Thị Lam", false, false, Different),
        (37, "SMITH<<JOHN<PAUL", "John Paul Smith", false, false, Near),
        (38, "Phan An", "Phan Ân", false, true, Near),
        (39, "Phan Văn Thử", "Phan Vân Thử", false, true, Different),
    ];

    fn source_of(row: u8) -> NameSource {
        match row {
            32 => NameSource::Reversing,
            37 => NameSource::ForeignMrz,
            _ => NameSource::Usual,
        }
    }

    #[test]
    fn all_39_rows_have_their_verdict_both_ways() {
        for (row, a, b, _, _, verdict) in TABLE {
            assert_eq!(compare_from(a, b, source_of(row)), verdict, "row {row}");
            assert_eq!(compare_from(b, a, source_of(row)), verdict, "row {row}, reversed");
        }
    }

    #[test]
    fn all_39_rows_have_the_keys_of_the_table() {
        for (row, a, b, equal_a, equal_b, _) in TABLE {
            assert_eq!(key_a(a) == key_a(b), equal_a, "key A of row {row}");
            assert_eq!(key_b(a) == key_b(b), equal_b, "key B of row {row}");
        }
    }

    #[test]
    fn reversed_and_foreign_orders_are_near_only_where_the_source_is_known() {
        assert_eq!(compare("Thử Văn Nguyễn", "Nguyễn Văn Thử"), Different);
        assert_eq!(compare("SMITH<<JOHN<PAUL", "John Paul Smith"), Different);
        assert_eq!(compare("NGUYEN<<VAN<THU", "Nguyễn Văn Thử"), Near);
        assert_eq!(compare_from("SMITH<<JOHN", "John Paul Smith", NameSource::ForeignMrz), Different);
    }

    #[test]
    fn nothing_compares_with_an_empty_name() {
        assert_eq!(compare("", ""), Different);
        assert_eq!(compare(" ", "Thử"), Different);
    }

    proptest! {
        #[test]
        fn comparing_is_symmetric_and_never_panics(a in "\\PC{0,30}", b in "\\PC{0,30}") {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a));
        }

        #[test]
        fn a_name_equals_itself_in_capitals(name in "[A-ZĐÂÊ][a-zàảáạâầêếôơưừđ]{0,6}( [A-ZĐ][a-zàảáạâầêếôơưừđ]{0,6}){0,4}") {
            prop_assert_eq!(compare(&name, &name.to_uppercase()), Equal);
        }
    }
}
