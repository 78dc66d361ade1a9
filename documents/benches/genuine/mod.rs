//! The genuine reading that is timed, and that is damaged: one synthetic person's card.

use pilothouse_documents::synthetic::CardHolder;
use pilothouse_identity::{FullName, PartialDate, PersonalNumber};
use time::macros::date;

/// A synthetic number.
pub(crate) const NUMBER: &str = "044099990017";
/// The text of the card's QR code.
pub(crate) const TEXT: &str =
    "044099990017|194999001|Nguyễn Văn Thử|14021999|Nam|Tổ dân phố 0, Bắc Lý, Đồng Hới, Quảng Bình|25042021";

/// What the chip says.
pub(crate) fn holder() -> CardHolder {
    CardHolder {
        number: PersonalNumber::parse(NUMBER).expect("a number"),
        name: FullName::parse("Nguyễn Văn Thử").expect("a name"),
        born: PartialDate::full(1999, 2, 14).expect("a date"),
        address: None,
        old_number: None,
        issued: date!(2021 - 04 - 25),
        expires: Some(date!(2039 - 02 - 14)),
    }
}
