//! How values become arguments of a message: in one fixed form that the host words for the reader's language.

use crate::{Date, FacilityId, Instant, Money, Ref, UnitCode};

/// A value as a message's argument: instants as RFC 3339 at +07:00, dates as `YYYY-MM-DD`, amounts as digits, codes as they are.
///
/// ```
/// use pilothouse_sdk::{Date, ToText};
/// assert_eq!(Date::parse("2026-03-02")?.to_text(), "2026-03-02");
/// assert_eq!(80_u8.to_text(), "80");
/// # Ok::<(), pilothouse_sdk::ParseError>(())
/// ```
pub trait ToText {
    /// The value in its fixed form.
    fn to_text(&self) -> String;
}

macro_rules! texts {
    ($($kind:ty),*) => { $(impl ToText for $kind { fn to_text(&self) -> String { self.to_string() } })* };
}

texts!(Date, FacilityId, Instant, Money, Ref, UnitCode, str, u8, u16, u32, u64, usize, i64);
