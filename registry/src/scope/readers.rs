//! What a grant of `readers` may say: by which methods people may have been read, and whether the reader shows an answer.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Difference, MissKind, Scope, ScopeMiss, both};
use crate::ids::closed_set;

closed_set! {
    /// How a person was identified.
    ReadingMethod, "the method", {
        /// The printed code of a card: can be copied.
        QrCard = "qr-card" ("mã QR trên thẻ", "QR code of the card"),
        /// The chip of a card.
        NfcChip = "nfc-chip" ("chip trên thẻ", "chip of the card"),
        /// A code of VNeID, checked with its issuer.
        VneidQr = "vneid-qr" ("mã VNeID", "VNeID code"),
        /// The face, against the chip.
        Face = "face" ("khuôn mặt", "face"),
        /// A finger, against the chip.
        Fingerprint = "fingerprint" ("vân tay", "fingerprint"),
        /// A number was typed.
        Manual = "manual" ("nhập tay", "typed by hand"),
    }
}

/// What a grant of `readers` may say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ReadersScope {
    /// Methods whose readings the pilot may see.
    pub methods: BTreeSet<ReadingMethod>,
    /// Whether the pilot may show a signal on the reader.
    pub show: bool,
}

/// What a call asks of `readers`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadersAsk {
    /// To see a reading of this method.
    Method(ReadingMethod),
    /// To show a signal.
    Show,
}

impl Scope for ReadersScope {
    type Ask<'a> = ReadersAsk;

    fn narrow(&self, other: &Self) -> Self {
        Self { methods: both(&self.methods, &other.methods), show: self.show && other.show }
    }

    fn permits(&self, ask: &ReadersAsk) -> Result<(), ScopeMiss> {
        match ask {
            ReadersAsk::Method(method) if !self.methods.contains(method) => {
                Err(ScopeMiss::new("methods", method, MissKind::Field))
            }
            ReadersAsk::Show if !self.show => Err(ScopeMiss::new("show", "show", MissKind::Other)),
            ReadersAsk::Method(_) | ReadersAsk::Show => Ok(()),
        }
    }

    fn beyond(&self, old: &Self) -> Vec<Difference> {
        let methods = Difference::of_sets(
            "methods",
            &old.methods,
            &self.methods,
            ("Cách đọc{ thêm}", "Ways of reading{ in addition}"),
            |method| (method.vi().to_owned(), method.en().to_owned()),
        );
        let show = Difference::of_switches(
            "show",
            old.show,
            self.show,
            ("Hiện tín hiệu trên thiết bị đọc", "Shows a signal on the reader"),
        );
        methods.into_iter().chain(show).collect()
    }
}
