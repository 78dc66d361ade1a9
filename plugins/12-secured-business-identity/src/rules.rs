//! The law of the counter as pure functions: who may be dealt with, what may be taken, what is odd. No clock of its own, no host.

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Youngest age in whole years of a customer. Source: Decree 96/2016/NĐ-CP, Article 29, with the Civil Code on full capacity.
pub(crate) const ADULT_AGE: u8 = 18;
/// Oldest age that is asked about.
pub(crate) const OLDEST_AGE: u8 = 150;

/// Why the customer is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Purpose {
    /// Cầm đồ.
    Pawn,
    /// Thuê bảo vệ.
    GuardHire,
    /// Thừa phát lại.
    Bailiff,
    Other,
}

impl Purpose {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Pawn => "pawn",
            Self::GuardHire => "guard-hire",
            Self::Bailiff => "bailiff",
            Self::Other => "other",
        }
    }
}

/// What is taken into the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ItemClass {
    Motorbike,
    Car,
    Phone,
    Computer,
    Jewellery,
    /// A service: guarding, a bailiff's record.
    Service,
    /// Thẻ căn cước, hộ chiếu: never taken.
    IdentityPaper,
    /// Giấy tờ về cư trú: never taken.
    ResidencePaper,
    Other,
}

impl ItemClass {
    /// As the setting names it.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Motorbike => "motorbike",
            Self::Car => "car",
            Self::Phone => "phone",
            Self::Computer => "computer",
            Self::Jewellery => "jewellery",
            Self::Service => "service",
            Self::IdentityPaper => "identity-paper",
            Self::ResidencePaper => "residence-paper",
            Self::Other => "other",
        }
    }
}

/// Whose the item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Owner {
    /// The customer's own.
    #[serde(rename = "self")]
    Customer,
    /// Somebody else's, whose written authorisation the business has seen or not.
    ThirdParty,
}

/// Why an item is not taken: the reason and what the counter does, as codes of the texts.
pub(crate) type Refused = (&'static str, &'static str);

/// Whether an item may be taken into the book.
///
/// Source: Decree 96/2016/NĐ-CP, Article 29 (owner's authorisation, nothing of unknown origin); Decree 282/2025/NĐ-CP, Article 10 (no
/// identity or residence papers in pawn).
pub(crate) fn refused(
    item: ItemClass,
    owner: Owner,
    has_authorisation: bool,
    is_mark_missing: bool,
) -> Option<Refused> {
    match (item, owner) {
        (ItemClass::IdentityPaper, _) => Some(("identity-paper", "return-the-paper")),
        (ItemClass::ResidencePaper, _) => Some(("residence-paper", "return-the-paper")),
        (_, Owner::ThirdParty) if !has_authorisation => Some(("owner-paper-missing", "bring-authorisation")),
        _ if is_mark_missing => Some(("mark-missing", "enter-mark")),
        _ => None,
    }
}

/// The mark of an item (frame number, IMEI) in the one form in which two shops' marks can be compared: capital letters and digits.
/// None: nothing is left of it.
pub(crate) fn mark(text: &str) -> Option<String> {
    let mark: String = text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    (!mark.is_empty()).then_some(mark)
}

/// Whether the reading of a card is too old to be this customer's at the counter.
pub(crate) fn is_stale(captured: Instant, at: Instant, minutes: u32) -> bool {
    at.seconds_since(captured) > i64::from(minutes) * 60
}

/// Whether the sum asks for a better reading than a copy.
pub(crate) fn is_large(amount: Option<Money>, limit: Money) -> bool {
    amount.is_some_and(|amount| amount > limit)
}

/// Whether a business looks people up without dealing with them.
pub(crate) fn is_fishing(unused: usize, most: u32) -> bool {
    unused >= most as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn papers_are_never_taken_whoever_owns_them() {
        for owner in [Owner::Customer, Owner::ThirdParty] {
            let why = |item| refused(item, owner, true, false).map(|(why, _)| why);
            assert_eq!(why(ItemClass::IdentityPaper), Some("identity-paper"));
            assert_eq!(why(ItemClass::ResidencePaper), Some("residence-paper"));
        }
    }

    #[test]
    fn somebody_elses_item_needs_a_paper_and_a_marked_item_its_mark() {
        let why = |owner, paper, mark| refused(ItemClass::Motorbike, owner, paper, mark).map(|(why, _)| why);
        assert_eq!(why(Owner::ThirdParty, false, false), Some("owner-paper-missing"));
        assert_eq!(why(Owner::ThirdParty, true, true), Some("mark-missing"));
        assert_eq!(why(Owner::ThirdParty, true, false), None);
        assert_eq!(why(Owner::Customer, false, false), None);
    }

    #[test]
    fn marks_are_compared_without_how_they_were_typed() {
        assert_eq!(mark(" 35-693 803/564380x "), mark("35693803564380X"));
        assert_eq!(mark(" -/ "), None);
    }

    #[test]
    fn a_reading_of_ten_minutes_ago_still_counts_and_one_of_later_does_not() {
        let at = Instant::parse("2026-03-02T10:10:00+07:00").unwrap();
        assert!(!is_stale(at.plus_seconds(-600), at, 10) && is_stale(at.plus_seconds(-601), at, 10));
    }

    #[test]
    fn a_sum_is_large_above_the_limit() {
        let limit = Money::dong(10_000_000);
        assert!(is_large(Some(Money::dong(10_000_001)), limit));
        assert!(!is_large(Some(limit), limit) && !is_large(None, limit));
    }

    #[test]
    fn the_verification_after_the_last_allowed_one_is_fishing() {
        assert!(!is_fishing(24, 25) && is_fishing(25, 25));
    }
}
