//! What a grant of `consent` may say: for which purposes and data people may be asked, for how long, and how often.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Difference, MissKind, Scope, ScopeMiss, both, name_words};
use crate::ids::{ConsentPurpose, DataKind};

/// What a grant of `consent` may say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ConsentScope {
    /// Purposes that a consent may be looked up or asked for.
    pub purposes: BTreeSet<ConsentPurpose>,
    /// Kinds of data likewise.
    pub data: BTreeSet<DataKind>,
    /// Longest term of a consent that may be asked for, in days.
    pub longest_days: u32,
    /// How often one person may be asked in a calendar month, over all purposes: nobody is to be worn down.
    pub requests_per_month: u32,
}

/// What a call asks of `consent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentAsk<'a> {
    /// How a consent stands.
    State {
        /// For this purpose.
        purpose: &'a ConsentPurpose,
        /// Of this kind of data.
        data: &'a DataKind,
    },
    /// To ask a person.
    Request {
        /// For this purpose.
        purpose: &'a ConsentPurpose,
        /// Of this kind of data.
        data: &'a DataKind,
        /// For so many days from today.
        days: u32,
    },
}

impl Scope for ConsentScope {
    type Ask<'a> = ConsentAsk<'a>;

    fn narrow(&self, other: &Self) -> Self {
        Self {
            purposes: both(&self.purposes, &other.purposes),
            data: both(&self.data, &other.data),
            longest_days: self.longest_days.min(other.longest_days),
            requests_per_month: self.requests_per_month.min(other.requests_per_month),
        }
    }

    fn permits(&self, ask: &ConsentAsk<'_>) -> Result<(), ScopeMiss> {
        let (ConsentAsk::State { purpose, data } | ConsentAsk::Request { purpose, data, .. }) = ask;
        if !self.purposes.contains(*purpose) {
            return Err(ScopeMiss::new("purposes", purpose, MissKind::Field));
        }
        if !self.data.contains(*data) {
            return Err(ScopeMiss::new("data", data, MissKind::Field));
        }
        match ask {
            ConsentAsk::Request { days, .. } if *days > self.longest_days => {
                Err(ScopeMiss::new("longest-days", "until", MissKind::Other))
            }
            // How often somebody was asked already is the provider's to know; asking never at all is decided here.
            ConsentAsk::Request { .. } if self.requests_per_month == 0 => {
                Err(ScopeMiss::new("requests-per-month", "request", MissKind::Other))
            }
            ConsentAsk::Request { .. } | ConsentAsk::State { .. } => Ok(()),
        }
    }

    fn beyond(&self, old: &Self) -> Vec<Difference> {
        [
            Difference::of_sets(
                "purposes",
                &old.purposes,
                &self.purposes,
                ("Hỏi sự đồng ý cho{ thêm} mục đích", "Asks for consent{ in addition} for"),
                name_words,
            ),
            Difference::of_sets(
                "data",
                &old.data,
                &self.data,
                ("Hỏi sự đồng ý về{ thêm} loại dữ liệu", "Asks for consent{ in addition} about"),
                name_words,
            ),
            Difference::of_maxima(
                "longest-days",
                old.longest_days,
                self.longest_days,
                ("Số ngày đồng ý dài nhất", "Longest term of a consent, in days"),
            ),
            Difference::of_maxima(
                "requests-per-month",
                old.requests_per_month,
                self.requests_per_month,
                ("Số lần hỏi một người mỗi tháng", "Times that one person is asked in a month"),
            ),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
