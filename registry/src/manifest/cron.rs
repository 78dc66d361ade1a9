//! When a tick is due: five fields as cron writes them, checked here so that a slip shows at the desk of who wrote it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest pattern, in bytes: 31 days written one by one fit.
const MAX_CRON_BYTES: usize = 160;

/// Minute, hour, day of month, month, day of week (0 and 7 are Sunday), in province time. Numbers, `*`, lists, ranges, steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cron(String);

/// Why a pattern was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// Not five fields.
    #[error("a schedule has five fields, minute hour day month weekday, such as `30 21 * * *`: this one has {0}")]
    Fields(usize),
    /// One field is wrong.
    #[error(
        "the {field} of a schedule is from {from} to {to}, written as numbers, `*`, `1-5`, `1,15` or `*/10`: correct it"
    )]
    Field {
        /// Which.
        field: &'static str,
        /// Smallest.
        from: u8,
        /// Largest.
        to: u8,
    },
    /// Longer than any pattern needs to be.
    #[error("the schedule is longer than {MAX_CRON_BYTES} bytes: shorten it")]
    TooLong,
}

const FIELDS: [(&str, u8, u8); 5] =
    [("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7)];

impl Cron {
    /// The pattern.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Cron {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, CronError> {
        if text.len() > MAX_CRON_BYTES {
            return Err(CronError::TooLong);
        }
        let parts: Vec<&str> = text.split_ascii_whitespace().collect();
        if parts.len() != FIELDS.len() {
            return Err(CronError::Fields(parts.len()));
        }
        for (part, (field, from, to)) in parts.iter().zip(FIELDS) {
            if !part.split(',').all(|item| is_item(item, from, to)) {
                return Err(CronError::Field { field, from, to });
            }
        }
        Ok(Self(parts.join(" ")))
    }
}

/// `*`, `5`, `1-5`, each with or without `/2`.
fn is_item(item: &str, from: u8, to: u8) -> bool {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits { text.parse::<u8>().ok() } else { None }
    };
    let inside = |text: &str| number(text).filter(|n| (from..=to).contains(n));
    let (range, step) = match item.split_once('/') {
        Some((range, step)) => (range, Some(step)),
        None => (item, None),
    };
    if step.is_some_and(|step| number(step).is_none_or(|step| step == 0)) {
        return false;
    }
    match range.split_once('-') {
        Some((first, last)) => matches!((inside(first), inside(last)), (Some(first), Some(last)) if first <= last),
        None => range == "*" || (inside(range).is_some() && step.is_none()),
    }
}

impl TryFrom<String> for Cron {
    type Error = CronError;

    fn try_from(text: String) -> Result<Self, CronError> {
        text.parse()
    }
}

impl From<Cron> for String {
    fn from(cron: Cron) -> String {
        cron.0
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_of_five_fields_is_read() {
        for text in ["30 21 * * *", "*/10 6-20 1,15 * 1-5", "0 0 1-7/2 1 7"] {
            assert_eq!(text.parse::<Cron>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn a_slip_in_a_pattern_is_refused_with_the_field() {
        assert_eq!("0 30 21 * * *".parse::<Cron>(), Err(CronError::Fields(6)));
        assert_eq!("60 1 * * *".parse::<Cron>(), Err(CronError::Field { field: "minute", from: 0, to: 59 }));
        for text in ["5/2 * * * *", "5-1 * * * *", "*/0 * * * *", "+1 * * * *", ", * * * *", "0 0 L * *"] {
            assert!(text.parse::<Cron>().is_err(), "{text}");
        }
    }
}
