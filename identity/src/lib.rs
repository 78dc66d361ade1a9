//! Identity values of people, and the rules of the papers that carry them.
//!
//! Everything here is pure: text in, typed values out, no clock, no files. Values that identify a person
//! ([`PersonalNumber`], [`OldNumber`], [`FullName`], [`NameKey`], [`BirthDate`], [`AddressText`], [`CardText`],
//! [`CardReading`], [`CardFacts`], [`PersonKey`]) have no `Debug`, no `Display` and no `Serialize`, so that data is kept out of logs
//! and answers by the compiler instead of being masked in them. What leaves does so through `reveal` (or `raw`), a word
//! that can be searched for. [`proofs`] holds the compile-fail tests of that promise.
//!
//! Sources: Law on Identity 26/2023/QH15 Article 12; Circular 59/2021/TT-BCA Article 4; Decree 137/2015/NĐ-CP Article 13.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod address;
mod card;
mod compose;
mod date;
mod key;
mod name;
mod number;
pub mod proofs;
mod registration;
mod sex;

pub use address::{AddressError, AddressText, MAX_ADDRESS_CHARS};
pub use card::{
    CardFacts, CardKind, CardLabelError, CardLabels, CardLayout, CardReading, CardText, CardTextError, CardWarning,
    IssueFault, LayoutFault, MAX_CARD_BYTES, Mismatch,
};
pub use date::{AgeInterval, Agreement, Answer, BirthDate, DateError, PartialDate};
pub use key::PersonKey;
pub use name::{
    FullName, MAX_NAME_CHARS, NameError, NameKey, NameSource, NameVerdict, compare, compare_from, key_a, key_b,
};
pub use number::{NumberError, OldNumber, PersonalNumber, SYNTHETIC_SERIALS};
pub use registration::Registration;
pub use sex::Sex;
