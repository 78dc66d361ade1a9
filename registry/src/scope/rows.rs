//! Row filters: of whom a grant may be used at all. A person outside answers as one who does not exist.

use serde::{Deserialize, Serialize};

use super::Difference;

/// People of whom a grant may be used. Left out keys filter nothing, so the narrower filter says more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RowFilter {
    /// Youngest age, in whole years.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_from: Option<u8>,
    /// Oldest age, in whole years, itself included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_to: Option<u8>,
    /// Only people who reside in the grant's units.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub residents_only: bool,
}

impl RowFilter {
    /// Whether it filters nothing.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a person of this age, residing in the grant's units or not, is inside.
    pub fn holds(&self, age: u8, resident: bool) -> bool {
        self.age_from.is_none_or(|from| age >= from)
            && self.age_to.is_none_or(|to| age <= to)
            && (resident || !self.residents_only)
    }

    /// People inside both.
    pub fn narrow(&self, other: &Self) -> Self {
        Self {
            age_from: self.age_from.max(other.age_from),
            age_to: match (self.age_to, other.age_to) {
                (Some(one), Some(two)) => Some(one.min(two)),
                (one, two) => one.or(two),
            },
            residents_only: self.residents_only || other.residents_only,
        }
    }

    /// By what this filter lets through more people than `old`.
    pub(crate) fn beyond(&self, old: &Self, key: &str) -> Vec<Difference> {
        let mut found = Vec::new();
        if self.age_from < old.age_from {
            let (vi, en) = age_words(self.age_from, ("từ mọi tuổi", "from any age"));
            found.push(Difference::new(key, format!("Thêm người trẻ hơn: {vi}"), format!("Younger people too: {en}")));
        }
        if old.age_to.is_some_and(|old| self.age_to.is_none_or(|new| new > old)) {
            let (vi, en) = age_words(self.age_to, ("đến mọi tuổi", "up to any age"));
            found.push(Difference::new(key, format!("Thêm người già hơn: {vi}"), format!("Older people too: {en}")));
        }
        found.extend(Difference::of_switches(
            key,
            !old.residents_only,
            !self.residents_only,
            ("Thêm người không cư trú trong địa bàn", "People who do not reside in the units too"),
        ));
        found
    }
}

fn age_words(age: Option<u8>, any: (&str, &str)) -> (String, String) {
    match age {
        Some(age) => (format!("{age} tuổi"), format!("{age} years")),
        None => (any.0.to_owned(), any.1.to_owned()),
    }
}
