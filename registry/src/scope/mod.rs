//! What a grant may say: one typed scope a capability, and whether one ask fits it. Pure: no clock, no database.
//!
//! Scopes are sets, ranges and maxima, never code and never a wildcard, so that the machine decides whether one is wider than another.
//! Missing means none; a list given again replaces, never adds. Every scope obeys the laws that `laws.rs` tests.

mod alerts;
mod any;
mod consent;
#[cfg(test)]
mod laws;
mod lodging;
mod messaging;
mod names;
mod person;
mod places;
mod population;
mod readers;
mod records;
mod registers;
mod reporting;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

pub use alerts::{AlertsAsk, AlertsScope};
pub use any::{AnyAsk, AnyScope};
pub use consent::{ConsentAsk, ConsentScope};
pub use lodging::{LodgingAsk, LodgingScope};
pub use messaging::{Audience, Channel, MessagingAsk, MessagingScope};
pub use names::ScopeName;
pub use person::{PersonAsk, PersonKind, PersonScope};
pub use places::{PlacesAsk, PlacesScope};
pub use population::{Claim, Dimension, Field, Measure, PopulationAsk, PopulationScope};
pub use readers::{ReadersAsk, ReadersScope, ReadingMethod};
pub use records::{RecordsAsk, RecordsScope, TableScope};
pub use registers::{Fact, RegisterMode, RegisterScope, RegistersAsk, RegistersScope};
pub use reporting::{ReportingAsk, ReportingScope};
pub use rows::RowFilter;

/// The rules that every scope has.
pub trait Scope: Sized {
    /// One thing that a call asks for.
    type Ask<'a>;

    /// What both permit. Commutative, associative, idempotent.
    fn narrow(&self, other: &Self) -> Self;

    /// Whether the ask fits, or which key it missed.
    fn permits(&self, ask: &Self::Ask<'_>) -> Result<(), ScopeMiss>;

    /// What this scope says beyond `old`, in plain words. Empty exactly when it is within `old`.
    fn beyond(&self, old: &Self) -> Vec<Difference>;

    /// Whether this scope permits nothing that `other` does not.
    fn is_within(&self, other: &Self) -> bool {
        self.beyond(other).is_empty()
    }
}

/// Which key of a scope an ask missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeMiss {
    /// The key of the scope, such as `claims`.
    pub key: &'static str,
    /// What was asked for: a registered name of the contract or the manifest, never a value.
    pub asked: String,
    /// Of what kind it was.
    pub kind: MissKind,
}

impl ScopeMiss {
    fn new(key: &'static str, asked: impl ToString, kind: MissKind) -> Self {
        Self { key, asked: asked.to_string(), kind }
    }
}

/// What kind of thing was missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissKind {
    /// A field of a person or register.
    Field,
    /// A claim about a person.
    Claim,
    /// Something for another purpose.
    Purpose,
    /// A unit outside the grant.
    Unit,
    /// A table, class, method, indicator, …
    Other,
}

/// One thing by which a scope is wider than another, in plain words for whoever approves it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Difference {
    /// The key that is wider, such as `fields`.
    pub key: String,
    /// `Đọc thêm: ngày sinh`.
    pub vi: String,
    /// `Reads in addition: date of birth`.
    pub en: String,
}

impl Difference {
    pub(crate) fn new(key: &str, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { key: key.to_owned(), vi: vi.into(), en: en.into() }
    }

    /// `vi: a, b` for what is in `new` and not in `old`; none when there is nothing. What stands in braces is said where
    /// there was something before: `Đọc{ thêm}`.
    pub(crate) fn of_sets<T: Ord>(
        key: &str,
        old: &BTreeSet<T>,
        new: &BTreeSet<T>,
        (vi, en): (&str, &str),
        words: impl Fn(&T) -> (String, String),
    ) -> Option<Self> {
        let (more_vi, more_en): (Vec<_>, Vec<_>) = new.difference(old).map(words).unzip();
        if more_vi.is_empty() {
            return None;
        }
        let had = !old.is_empty();
        let (vi, en) = (said(vi, had), said(en, had));
        Some(Self::new(key, format!("{vi}: {}", more_vi.join(", ")), format!("{en}: {}", more_en.join(", "))))
    }

    /// A number that grew.
    pub(crate) fn of_maxima<N: PartialOrd + std::fmt::Display>(
        key: &str,
        old: N,
        new: N,
        (vi, en): (&str, &str),
    ) -> Option<Self> {
        if new <= old {
            return None;
        }
        let (old, new) = (old.to_string(), new.to_string());
        let [old_vi, new_vi] = [&old, &new].map(|number| grouped(number, '.'));
        let [old_en, new_en] = [&old, &new].map(|number| grouped(number, ','));
        Some(if old == "0" {
            Self::new(key, format!("{vi}: tối đa {new_vi}"), format!("{en}: at most {new_en}"))
        } else {
            Self::new(key, format!("{vi}: từ {old_vi} lên {new_vi}"), format!("{en}: from {old_en} up to {new_en}"))
        })
    }

    /// A switch that was turned on.
    pub(crate) fn of_switches(key: &str, old: bool, new: bool, (vi, en): (&str, &str)) -> Option<Self> {
        (new && !old).then(|| Self::new(key, vi, en))
    }
}

/// Words with what stands in their braces, or without it.
fn said(words: &str, whole: bool) -> String {
    let Some((before, (inside, after))) =
        words.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    else {
        return words.to_owned();
    };
    format!("{before}{}{after}", if whole { inside } else { "" })
}

/// A whole number with its thousands apart; anything else as it is.
fn grouped(number: &str, mark: char) -> String {
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return number.to_owned();
    }
    let mut text = String::with_capacity(number.len() * 4 / 3 + 1);
    for (place, digit) in number.chars().enumerate() {
        if place > 0 && (number.len() - place).is_multiple_of(3) {
            text.push(mark);
        }
        text.push(digit);
    }
    text
}

/// The same text in both languages, for names that are not worded.
fn name_words(name: &impl ToString) -> (String, String) {
    (name.to_string(), name.to_string())
}

/// What both sets hold.
fn both<T: Ord + Clone>(one: &BTreeSet<T>, other: &BTreeSet<T>) -> BTreeSet<T> {
    one.intersection(other).cloned().collect()
}

/// What both maps hold, each entry narrowed; an entry that narrows to nothing is left out.
fn both_maps<K: Ord + Clone, V>(
    one: &BTreeMap<K, V>,
    other: &BTreeMap<K, V>,
    narrow: impl Fn(&V, &V) -> Option<V>,
) -> BTreeMap<K, V> {
    one.iter()
        .filter_map(|(key, mine)| {
            let theirs = other.get(key)?;
            Some((key.clone(), narrow(mine, theirs)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_grew_from_nothing_is_a_maximum_with_its_thousands_apart() {
        let words = ("Số byte", "Bytes");
        let told =
            |old: u64, new: u64| Difference::of_maxima("max-bytes", old, new, words).map(|told| (told.vi, told.en));
        let both = |vi: &str, en: &str| Some((vi.to_owned(), en.to_owned()));
        assert_eq!(told(0, 500_000_000), both("Số byte: tối đa 500.000.000", "Bytes: at most 500,000,000"));
        assert_eq!(told(999, 1_000), both("Số byte: từ 999 lên 1.000", "Bytes: from 999 up to 1,000"));
        assert_eq!(told(5, 5), None);
    }
}
