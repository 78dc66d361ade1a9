//! Natural keys: what makes two effects the same one, and where a row of the host's stands. A tuple of parts, never a text glued together.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Between two parts.
const BETWEEN: char = '/';

/// A tuple of parts in one text from which the very same parts are read again: inside a part `~` is written `~0` and `/` is written
/// `~1` (RFC 6901), so no part can pass for two, nor two for one.
///
/// Only this type is taken where a key is wanted; a text that a guest chose becomes one part of it.
///
/// ```
/// use pilothouse_runtime::natural::NaturalKey;
///
/// let amended = NaturalKey::of(&["hotel-1", "S-1"]).and("amend").and("1");
/// assert_eq!(amended.as_str(), "hotel-1/S-1/amend/1");
/// assert_ne!(NaturalKey::of(&["hotel-1", "S-1/amend/1"]), amended);
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NaturalKey(String);

impl NaturalKey {
    /// The key of some parts, in their order.
    pub fn of(parts: &[&str]) -> NaturalKey {
        let mut text = String::with_capacity(parts.iter().map(|part| part.len() + 1).sum());
        for (place, part) in parts.iter().enumerate() {
            if place > 0 {
                text.push(BETWEEN);
            }
            escape(part, &mut text);
        }
        NaturalKey(text)
    }

    /// The key with one more part behind the others.
    pub fn and(mut self, part: &str) -> NaturalKey {
        self.0.push(BETWEEN);
        escape(part, &mut self.0);
        self
    }

    /// As it is stored, and what is hashed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its parts again.
    pub fn parts(&self) -> Vec<String> {
        self.0.split(BETWEEN).map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
    }

    /// Takes over a key as it was written down, by the row or effect that has it.
    pub fn written(text: impl Into<String>) -> NaturalKey {
        NaturalKey(text.into())
    }
}

fn escape(part: &str, into: &mut String) {
    for letter in part.chars() {
        match letter {
            '~' => into.push_str("~0"),
            BETWEEN => into.push_str("~1"),
            other => into.push(other),
        }
    }
}

/// The parts, for people who look for one.
impl fmt::Debug for NaturalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NaturalKey").field(&self.0).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_part_with_a_slash_is_no_two_parts() {
        let key = |parts: &[&str]| NaturalKey::of(parts).as_str().to_owned();
        assert_ne!(key(&["h", "S/amend/1"]), key(&["h", "S", "amend", "1"]));
        assert_ne!(key(&["h", "S~1amend"]), key(&["h", "S/amend"]));
        assert_ne!(key(&["a", ""]), key(&["a"]));
        assert_eq!(key(&["hotel-1", "S-1"]), "hotel-1/S-1", "plain parts read as they always did");
    }

    proptest! {
        #[test]
        fn other_parts_have_another_key_and_each_key_tells_its_parts(
            one in prop::collection::vec("[/~01a]{0,4}", 1..5),
            other in prop::collection::vec("[/~01a]{0,4}", 1..5),
        ) {
            let of = |parts: &[String]| NaturalKey::of(&parts.iter().map(String::as_str).collect::<Vec<_>>());
            prop_assert_eq!(of(&one).parts(), one.clone());
            prop_assert_eq!(of(&one) == of(&other), one == other);
            let (last, before) = one.split_last().unwrap();
            if !before.is_empty() {
                prop_assert_eq!(of(before).and(last), of(&one));
            }
        }
    }
}
