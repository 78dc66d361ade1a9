//! What readers, phones and kiosks send, checked: the chip of the card with its issuer's signature, codes of VNeID with
//! their provider, results of kiosks with their device's key; and one type for a reading of any kind.
//!
//! Everything here is pure: bytes, a time and the operator's lists in, a [`Reading`] or the first fault out. Bytes from
//! outside are bounded by named constants and never make it panic. [`Reading`] and [`ChipReading`] identify a person and
//! have no `Debug`, `Display` or `Serialize`.
//!
//! Facts that nobody has published, and what is assumed until then: the issuer of the Vietnamese card (no certificate comes
//! with the program), what a card without expiry writes in its zone (`991231`), what codes of VNeID hold ([`code`]).
//!
//! Sources: ICAO Doc 9303 parts 3, 5, 10, 11 and 12; RFC 5280; RFC 5652; Law on Identity 26/2023/QH15; Decree 69/2024/NĐ-CP.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod algorithm;
mod anchors;
mod brainpool;
mod certificate;
mod chip;
pub mod code;
mod curve;
mod error;
pub mod kiosk;
mod list;
mod mrz;
mod names;
mod reading;
pub mod synthetic;
mod text_group;
mod tlv;

pub use anchors::Anchors;
pub use chip::{ChipFiles, ChipReading, MAX_GROUP, MAX_SOD};
pub use error::{AnchorError, ChipError, CodeError, KioskError, PartFault, ReadingError, Unread};
pub use reading::{Assurance, Checks, Method, Reading, ReadingWarning, Sent, Times};
