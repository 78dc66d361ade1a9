//! Readings of cards, codes and kiosks, and what a reader shows.

use crate::bindings::imports::pilothouse::readers::readings;
use crate::codes::codes;
use crate::{Denial, Instant, Person};

codes! {
    /// How a person was identified.
    pub enum Method {
        /// The printed code of the card: can be photographed.
        QrCard = "qr-card",
        /// The chip, with passive authentication.
        NfcChip = "nfc-chip",
        /// VNeID's code, checked online.
        VneidQr = "vneid-qr",
        /// Face against the chip.
        Face = "face",
        /// Finger against the chip.
        Fingerprint = "fingerprint",
        /// A number was typed.
        Manual = "manual",
        /// A method newer than this SDK.
        Other = "other",
    }
}

codes! {
    /// The ladder of proof of identity, lowest rung first. A department sets the rung for each act; a pilot never hard-codes it.
    pub enum Assurance {
        /// Somebody said so.
        Declared = "declared",
        /// From a copy: a printed code, a typed number.
        Copied = "copied",
        /// The genuine card was there.
        Possession = "possession",
        /// Checked online with the issuer.
        Verified = "verified",
        /// The person's body matches the card.
        Biometric = "biometric",
    }
}

codes! {
    /// What lights up on the desk's reader.
    pub enum Signal {
        /// Go on.
        Green = "green",
        /// Go on, and do something more.
        Amber = "amber",
        /// Stop.
        Red = "red",
    }
}

/// How a person came into the call.
#[derive(Debug)]
pub struct Reading(readings::Reading);

impl Reading {
    pub(crate) fn received(reading: readings::Reading) -> Self {
        Self(reading)
    }

    /// The method.
    pub fn method(&self) -> Method {
        Method::from_code(&self.0.method()).unwrap_or(Method::Other)
    }

    /// The rung of the ladder. One that is newer than this SDK reads as the lowest.
    pub fn assurance(&self) -> Assurance {
        Assurance::from_code(&self.0.assurance()).unwrap_or(Assurance::Declared)
    }

    /// Who was read.
    pub fn person(&self) -> Person {
        Person(self.0.person())
    }

    /// `cccd`, `can-cuoc` or `unknown`.
    pub fn document_kind(&self) -> String {
        self.0.document_kind()
    }

    /// When it was read, corrected by the device's clock skew.
    pub fn captured_at(&self) -> Instant {
        Instant::from_micros(self.0.captured_at())
    }

    /// What was odd about it, as codes.
    pub fn warnings(&self) -> Vec<String> {
        self.0.warnings()
    }
}

/// The reading by which this person came into the call. None: only a declaration, or reached through another person.
///
/// # Errors
/// `field-not-granted` where the method is outside the grant.
pub fn reading_of(person: &Person) -> Result<Option<Reading>, Denial> {
    readings::reading_of(&person.0).map(|reading| reading.map(Reading)).map_err(Denial::received)
}

/// *Effect* on the desk's own reader, in the response of this call: a light, and a message of the pilot's texts.
///
/// # Errors
/// `not-granted`, `invalid`.
pub fn show(signal: Signal, text_key: &str) -> Result<(), Denial> {
    readings::show(signal.code(), text_key).map_err(Denial::received)
}

/// The light of a pilot's reader, in the words of its texts `show-green`, `show-amber` and `show-red`.
///
/// A reader that cannot show it is no reason to stop: the outcome says the same on the screen.
pub fn light(signal: Signal) {
    let key = match signal {
        Signal::Green => "show-green",
        Signal::Amber => "show-amber",
        Signal::Red => "show-red",
    };
    let _ = show(signal, key);
}

/// How a person came into the call, as far as the grant lets it be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The method; none for who only declared a paper, or where it may not be seen.
    pub method: Option<Method>,
    /// The rung of the ladder; the lowest where nothing was read.
    pub assurance: Assurance,
    /// Whether a number is behind it that registers can be asked about. Where the reading may not be seen they are asked all the same.
    pub has_number: bool,
}

impl Seen {
    /// How this person came into the call.
    pub fn of(person: &Person) -> Self {
        let reading = reading_of(person);
        let has_number = !matches!(reading, Ok(None));
        let reading = reading.ok().flatten();
        Self {
            method: reading.as_ref().map(Reading::method),
            assurance: reading.as_ref().map_or(Assurance::Declared, Reading::assurance),
            has_number,
        }
    }

    /// Whether a card or its code was shown. Who typed a number showed none, so the card's state says nothing about this person.
    pub fn card_was_shown(self) -> bool {
        match self.method {
            Some(Method::QrCard | Method::NfcChip | Method::VneidQr | Method::Face | Method::Fingerprint) => true,
            Some(Method::Manual | Method::Other) | None => false,
        }
    }

    /// Whether what was read says the person's name: a code of VNeID and a match of a face do not.
    pub fn says_a_name(self) -> bool {
        matches!(self.method, Some(Method::QrCard | Method::NfcChip))
    }

    /// The method as indicators name it.
    pub fn code(self) -> &'static str {
        self.method.map_or("paper", Method::code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_is_in_its_order() {
        let ladder =
            [Assurance::Declared, Assurance::Copied, Assurance::Possession, Assurance::Verified, Assurance::Biometric];
        assert!(ladder.is_sorted());
    }
}
