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
    #[error("EF.SOD is not in DER: have the reader send the file as it is, byte for byte")]
    NotDer,
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
    #[error("the signer's certificate is not for signing cards: call the police desk")]
    SignerUnfit,
    /// No issuer of the operator's list.
    #[error("nobody on this host's list vouches for the signer: have the operator complete the list of issuers (csca)")]
    UnknownSigner,
    /// Names an issuer of the list that did not sign it.
    #[error("the signer's certificate bears the name of an issuer that did not sign it: call the police desk")]
    SignerForged,
    /// Not valid yet at the time of the reading.
    #[error("the signer's certificate was not valid yet at that time: look at the clock of the reader")]
    SignerNotYetValid,
    /// Not valid any more.
    #[error("the signer's certificate had expired at that time: go on by the QR code, the card must be renewed")]
    SignerExpired,
    /// Taken back by its issuer.
    #[error("the signer's certificate was revoked by its issuer: go on by the QR code and call the police desk")]
    SignerRevoked,
    /// The issuer's own certificate.
    #[error("the issuer's certificate does not cover that time: have the operator renew the list of issuers (csca)")]
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
            Fault::Malformed => Self::Malformed,
        }
    }

    pub(crate) const fn of_group(fault: Fault) -> Self {
        match fault {
            Fault::Cut => Self::Cut,
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

/// Why a list of issuers is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// Too large, or too many.
    #[error("the list of issuers is larger than all countries' together: give the list for identity cards only")]
    TooLarge,
    /// A PEM block that does not end or is no base64.
    #[error("the list of issuers is cut off or damaged: copy the file again")]
    Cut,
    /// A certificate that cannot be read, or whose own signature is wrong.
    #[error("a certificate of the list cannot be read or is damaged: copy the file again, and compare fingerprints")]
    Certificate,
    /// A certificate that may not sign others.
    #[error("a certificate of the list is no issuer's: give the CSCA certificates, not those of document signers")]
    NotAnIssuer,
    /// A revocation list that cannot be read.
    #[error("a revocation list cannot be read: copy the file again")]
    Revocations,
    /// A revocation list that no issuer of the list signed.
    #[error("a revocation list is signed by no issuer of the list: add its issuer, or leave it out")]
    RevocationsOfNobody,
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
