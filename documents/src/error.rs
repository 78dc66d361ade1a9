//! Why a reading is not taken. No variant carries a value of the person.

use pilothouse_identity::CardTextError;

use crate::algorithm::AlgorithmFault;
use crate::tlv::Fault;

/// Why a chip is not believed: the first check that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChipError {
    /// Larger than any file of these cards.
    #[error("a file of the chip is larger than such files are: send EF.SOD and the groups, without the picture")]
    TooLarge,
    /// A group with biometric data.
    #[error("groups 2 to 4 are biometric and stay with the reader: send the hash of the picture instead")]
    BiometricGroup,
    /// A number that no group has.
    #[error("data groups have numbers from 1 to 16: send each under its own")]
    GroupNumber,
    /// The same group twice.
    #[error("group {0} was sent twice: send each once, as bytes or as hash")]
    GroupTwice(u8),
    /// Group 1 is missing.
    #[error("group 1 is missing: the reader must send the machine-readable zone")]
    NoGroup1,
    /// A file ends too early.
    #[error("the file ends too early: hold the card still and read it again")]
    Cut,
    /// Indefinite lengths: BER.
    #[error(
        "EF.SOD is written with indefinite lengths (BER), which this host does not read: go on by the QR code and tell the operator"
    )]
    NotDer,
    /// Something else than padding behind a file's end.
    #[error(
        "bytes that are no padding follow the end of a file: have the reader send as many as the file's own length says"
    )]
    Trailing,
    /// Not the form that 9303 gives.
    #[error("a file of the chip has not the form that ICAO 9303 gives it: read the card again")]
    Malformed,
    /// Signed, but not a document security object.
    #[error("EF.SOD signs something else than a card's data: read the card again, and tell the police if it stays so")]
    ContentType,
    /// More than one signature.
    #[error("EF.SOD has several signers: a card has one; read it again")]
    SeveralSigners,
    /// The signature covers no attributes.
    #[error("the signature lacks its signed attributes: read the card again")]
    NoSignedAttributes,
    /// An algorithm that this program does not know.
    #[error("the card uses an algorithm that this host does not know: go on by the QR code and tell the operator")]
    ForeignAlgorithm,
    /// An algorithm that no longer proves anything.
    #[error("the card uses an algorithm that no longer proves anything: go on by the QR code and tell the operator")]
    WeakAlgorithm,
    /// A group that the signature does not list.
    #[error("group {0} is not among the signed ones: keep the card and call the police desk")]
    GroupNotSigned(u8),
    /// A group's hash differs.
    #[error("group {0} is not what the issuer signed: read the card once more; if it stays so, call the police desk")]
    WrongHash(u8),
    /// The list of hashes is not what the attributes say.
    #[error("the list of hashes is not what was signed: read the card once more; if it stays so, call the police desk")]
    ContentHash,
    /// The signature is not the signer's.
    #[error("the signature is not the signer's: read the card once more; if it stays so, call the police desk")]
    Signature,
    /// The signer's certificate did not come along.
    #[error("EF.SOD does not hold its signer's certificate: read the card again")]
    NoSigner,
    /// A certificate that cannot be read.
    #[error("the signer's certificate cannot be read: read the card again")]
    Certificate,
    /// A certificate that may not sign cards.
    #[error("the signer's certificate is for another purpose than signing identity cards: call the police desk")]
    SignerUnfit,
    /// No issuer of the operator's list.
    #[error("nobody on this host's list vouches for the signer: have the operator complete the list of issuers (csca)")]
    UnknownSigner,
    /// Names an issuer of the list that did not sign it.
    #[error("the signer's certificate bears the name of an issuer that did not sign it: call the police desk")]
    SignerForged,
    /// Not valid yet.
    #[error("the signer's certificate is not valid yet: have the operator look at this host's clock")]
    SignerNotYetValid,
    /// Not valid any more.
    #[error("the signer's certificate has expired: go on by the QR code, the card must be renewed")]
    SignerExpired,
    /// Taken back by its issuer.
    #[error("the signer's certificate was revoked by its issuer: go on by the QR code and call the police desk")]
    SignerRevoked,
    /// The issuer's own certificate.
    #[error(
        "the issuer's certificate does not cover the signer's or this day: have the operator renew the list of issuers (csca)"
    )]
    IssuerExpired,
    /// Not a machine-readable zone.
    #[error("the machine-readable zone is not one: read the card again")]
    Zone,
    /// Another country's document, or none that identifies.
    #[error("this is no Vietnamese identity card: take the person in by passport")]
    ForeignDocument,
    /// A check digit.
    #[error("a check digit of the machine-readable zone is wrong: read the card again")]
    CheckDigit,
    /// The places of the number disagree, or it disagrees with sex or year of birth.
    #[error("the number on the chip disagrees with itself or with the person: look the person up")]
    NumberMismatch,
}

impl ChipError {
    pub(crate) const fn of_sod(fault: Fault) -> Self {
        match fault {
            Fault::Cut => Self::Cut,
            Fault::Indefinite => Self::NotDer,
            Fault::Trailing => Self::Trailing,
            Fault::Malformed => Self::Malformed,
        }
    }

    pub(crate) const fn of_group(fault: Fault) -> Self {
        match fault {
            Fault::Cut => Self::Cut,
            Fault::Trailing => Self::Trailing,
            Fault::Indefinite | Fault::Malformed => Self::Malformed,
        }
    }

    pub(crate) const fn of_algorithm(fault: AlgorithmFault) -> Self {
        match fault {
            AlgorithmFault::Foreign => Self::ForeignAlgorithm,
            AlgorithmFault::Weak => Self::WeakAlgorithm,
            AlgorithmFault::Malformed => Self::Malformed,
        }
    }

    pub(crate) const fn of_certificate(fault: AlgorithmFault) -> Self {
        match fault {
            AlgorithmFault::Foreign => Self::ForeignAlgorithm,
            AlgorithmFault::Weak => Self::WeakAlgorithm,
            AlgorithmFault::Malformed => Self::Certificate,
        }
    }

    /// Stable name of the error: the key of its wording.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "chip-too-large",
            Self::BiometricGroup => "chip-biometric-group",
            Self::GroupNumber => "chip-group-number",
            Self::GroupTwice(_) => "chip-group-twice",
            Self::NoGroup1 => "chip-no-group-1",
            Self::Cut => "chip-cut",
            Self::NotDer => "chip-not-der",
            Self::Trailing => "chip-trailing",
            Self::Malformed => "chip-malformed",
            Self::ContentType => "chip-content-type",
            Self::SeveralSigners => "chip-several-signers",
            Self::NoSignedAttributes => "chip-no-signed-attributes",
            Self::ForeignAlgorithm => "chip-foreign-algorithm",
            Self::WeakAlgorithm => "chip-weak-algorithm",
            Self::GroupNotSigned(_) => "chip-group-not-signed",
            Self::WrongHash(_) => "chip-wrong-hash",
            Self::ContentHash => "chip-content-hash",
            Self::Signature => "chip-signature",
            Self::NoSigner => "chip-no-signer",
            Self::Certificate => "chip-certificate",
            Self::SignerUnfit => "chip-signer-unfit",
            Self::UnknownSigner => "chip-unknown-signer",
            Self::SignerForged => "chip-signer-forged",
            Self::SignerNotYetValid => "chip-signer-not-yet-valid",
            Self::SignerExpired => "chip-signer-expired",
            Self::SignerRevoked => "chip-signer-revoked",
            Self::IssuerExpired => "chip-issuer-expired",
            Self::Zone => "chip-zone",
            Self::ForeignDocument => "chip-foreign-document",
            Self::CheckDigit => "chip-check-digit",
            Self::NumberMismatch => "chip-number-mismatch",
        }
    }
}

/// Why a list of issuers is not taken at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// Too large, or too many.
    #[error("the list of issuers is larger than all countries' together: give the list for identity cards only")]
    TooLarge,
    /// Nobody on it can be used.
    #[error(
        "the list of issuers holds no issuer that can be used: give CSCA certificates (PEM, DER, PKCS #7 or a master list){}",
        .first.as_ref().map_or_else(String::new, |first| format!("; {first}"))
    )]
    NoIssuer {
        /// The first part that was no issuer's, where there was one.
        first: Option<Unread>,
    },
}

/// A part of a list of issuers that is not used; the rest is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("part {part} of the list of issuers{} is not used: {fault}", .name.as_ref().map_or_else(String::new, |name| format!(" ({name})")))]
pub struct Unread {
    /// Which, counted from 1 in the order of the file.
    pub part: usize,
    /// Whose it is, where that can be read.
    pub name: Option<String>,
    /// Why.
    pub fault: PartFault,
}

/// Why a part of a list of issuers is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartFault {
    /// A PEM block that does not end or is no base64, or a file of which the end is missing.
    #[error("it is cut off or damaged: copy the file again")]
    Cut,
    /// Something else than certificates and revocation lists.
    #[error("it is neither a certificate nor a revocation list: leave it out")]
    Kind,
    /// A certificate or list that is no such thing.
    #[error("it has not the form of a certificate or revocation list: copy the file again, and compare fingerprints")]
    Malformed,
    /// A signature that is not its issuer's.
    #[error("its signature is wrong, so it is damaged or forged: copy the file again, and compare fingerprints")]
    Damaged,
    /// An algorithm, a curve or an extension that this program does not know.
    #[error("it needs an algorithm, a curve or an extension that this host does not know: its cards are not believed")]
    Foreign,
    /// An algorithm that no longer proves anything.
    #[error("its algorithm no longer proves anything (SHA-1, or a short RSA key): ask its issuer for a newer one")]
    Weak,
    /// A certificate that may not sign others.
    #[error("it is no issuer's: give the CSCA certificates, not those of document signers")]
    NotAnIssuer,
    /// A revocation list that no issuer of the list signed.
    #[error("no issuer of the list signed this revocation list: add its issuer, or leave it out")]
    RevocationsOfNobody,
}

impl From<AlgorithmFault> for PartFault {
    fn from(fault: AlgorithmFault) -> Self {
        match fault {
            AlgorithmFault::Foreign => Self::Foreign,
            AlgorithmFault::Weak => Self::Weak,
            AlgorithmFault::Malformed => Self::Malformed,
        }
    }
}

/// Why a code of VNeID is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Longer than any code.
    #[error("the code is longer than a VNeID code: scan one code at a time")]
    TooLong,
    /// Not a code of the provider.
    #[error("this is no code of VNeID: have the person show the identity code of the application")]
    NotACode,
    /// Not signed by the provider.
    #[error("the code is not from the identity provider: have the person show it in the application itself")]
    Signature,
    /// Given by another provider.
    #[error("the code was given by another identity provider: use the application that this host is connected to")]
    Issuer,
    /// Given for another facility.
    #[error("the code was made for another place: have the person make one for this desk")]
    Audience,
    /// Too old.
    #[error("the code has expired: have the person make a new one")]
    Expired,
    /// Not valid yet, or valid for longer than codes are.
    #[error("the code's times cannot be: look at the clock of this computer, and have the person make a new one")]
    Times,
}

impl CodeError {
    /// Stable name of the error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "vneid-too-long",
            Self::NotACode => "vneid-not-a-code",
            Self::Signature => "vneid-signature",
            Self::Issuer => "vneid-issuer",
            Self::Audience => "vneid-audience",
            Self::Expired => "vneid-expired",
            Self::Times => "vneid-times",
        }
    }
}

/// Why a kiosk's result is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KioskError {
    /// Longer than any result.
    #[error("the kiosk's result is too long: send the signed result only")]
    TooLong,
    /// Not signed with the device's key.
    #[error("the result is not signed with this kiosk's key: enrol the kiosk anew")]
    Signature,
    /// Not a result.
    #[error("the signed text is no kiosk result: update the kiosk's software")]
    Malformed,
    /// Of another device.
    #[error("the result names another kiosk than the one that signed it: enrol the kiosk anew")]
    Device,
    /// From the future.
    #[error("the result is from the future: set the clock of the kiosk")]
    InFuture,
}

impl KioskError {
    /// Stable name of the error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "kiosk-too-long",
            Self::Signature => "kiosk-signature",
            Self::Malformed => "kiosk-malformed",
            Self::Device => "kiosk-device",
            Self::InFuture => "kiosk-in-future",
        }
    }
}

/// Why a reading is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadingError {
    /// The text of a card's QR code.
    #[error(transparent)]
    Card(#[from] CardTextError),
    /// A chip.
    #[error(transparent)]
    Chip(#[from] ChipError),
    /// A code of VNeID.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// A kiosk's result.
    #[error(transparent)]
    Kiosk(#[from] KioskError),
}

impl ReadingError {
    /// Stable name of the error: what a problem names, and the key of its wording.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Card(error) => error.code(),
            Self::Chip(error) => error.code(),
            Self::Code(error) => error.code(),
            Self::Kiosk(error) => error.code(),
        }
    }
}
