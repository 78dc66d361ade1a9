//! Why the door refused a package. Each step has its own errors; names that a guest chose are escaped before they get here.

use crate::ids::VendorId;
use crate::manifest::ManifestError;
use crate::trust::TrustError;

/// Why a package was refused, in the order of the door.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DoorError {
    /// Larger than any pilot needs to be.
    #[error(
        "the package is {bytes} bytes large, at most {most} are allowed: strip debug names, build with `opt-level = \"s\"`"
    )]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The largest that is allowed.
        most: usize,
    },
    /// No WebAssembly at all; a text file, say.
    #[error("this is no WebAssembly component: submit the file that `pilot build` wrote")]
    NotWasm,
    /// A core module.
    #[error("this is a core module, not a component: submit the file that `pilot build` wrote")]
    NotComponent,
    /// The sections do not fit the file.
    #[error("the file is cut or damaged at byte {offset}: build and sign it again")]
    Cut {
        /// Where.
        offset: usize,
    },
    /// No signature.
    #[error("the package is not signed: run `pilot sign`")]
    NoSignature,
    /// Something follows the signature, or there are two.
    #[error("something follows the signature: sign last, and change nothing after")]
    SignatureNotLast,
    /// The signature is no DSSE envelope of ours.
    #[error("the signature cannot be read ({why}): run `pilot sign` again")]
    SignatureForm {
        /// What is wrong.
        why: &'static str,
    },
    /// The signature is of other bytes, or of another key.
    #[error("the signature does not fit the package: it was changed after signing, sign it again")]
    BadSignature,
    /// The signer is not trusted now.
    #[error(transparent)]
    Signer(#[from] TrustError),
    /// Signed by another vendor than the manifest names.
    #[error("the manifest names vendor `{named}`, the key belongs to `{signed}`: sign with the vendor's own key")]
    VendorMismatch {
        /// In the manifest.
        named: VendorId,
        /// Of the key.
        signed: VendorId,
    },
    /// A section is missing.
    #[error("the section `{section}` is missing: build the package with `pilot build`")]
    SectionMissing {
        /// Which.
        section: &'static str,
    },
    /// A section is there twice.
    #[error("the section `{section}` is there twice: build the package from a fresh component")]
    SectionTwice {
        /// Which.
        section: &'static str,
    },
    /// A section of ours inside another module or component.
    #[error(
        "a section `pilothouse.*` is inside an inner module: only the outermost component may hold it, build from a fresh component"
    )]
    SectionNested,
    /// A section of ours that is not known, or not what it should be.
    #[error("the section `{section}` is not right ({why}): build the package with `pilot build`")]
    SectionForm {
        /// Which, escaped.
        section: String,
        /// What is wrong.
        why: String,
    },
    /// More of something than any pilot needs.
    #[error("more than {most} {what}: make the component simpler")]
    Limit {
        /// Of what.
        what: &'static str,
        /// The most that is allowed.
        most: u64,
    },
    /// No well-formed wasm.
    #[error("no well-formed component at byte {offset}: {why}; build it again")]
    Malformed {
        /// Where.
        offset: usize,
        /// What the parser says, escaped.
        why: String,
    },
    /// Not valid under the engine's features.
    #[error("no valid component at byte {offset}: {why}; build for wasm32-unknown-unknown without further features")]
    Invalid {
        /// Where.
        offset: usize,
        /// What the validator says, escaped.
        why: String,
    },
    /// A way of passing values that no pilot needs.
    #[error("the component uses {what}: build it without")]
    Canonical {
        /// `UTF-16 strings`, `async functions`, …
        what: &'static str,
    },
    /// An import that is no interface of the contract: a URL, a module, a component, a bare function.
    #[error("`{name}` cannot be imported ({why}): import interfaces of the contract only")]
    ImportForm {
        /// Its name, escaped.
        name: String,
        /// What it is.
        why: &'static str,
    },
    /// An interface that the contract does not have.
    #[error("`{name}` is no interface of the contract: build against the SDK's `wit/`")]
    UnknownInterface {
        /// Its name, escaped.
        name: String,
    },
    /// A version that was never released: the linker would take it for another.
    #[error("`{name}` was never released: build against a released contract")]
    NeverReleased {
        /// Its name, escaped.
        name: String,
    },
    /// A function that the contract's interface does not have.
    #[error("`{interface}` has no function `{function}`: build against the SDK's `wit/`")]
    UnknownFunction {
        /// The interface.
        interface: String,
        /// Its name, escaped.
        function: String,
    },
    /// A function of another type than the contract's.
    #[error("`{function}` has other parameters or results than in the contract: build against the SDK's `wit/`")]
    Signature {
        /// Which.
        function: String,
    },
    /// An export that is none of the contract's.
    #[error("`{name}` is exported, which the contract does not know: export operations, readings or schedules only")]
    UnknownExport {
        /// Its name, escaped.
        name: String,
    },
    /// The manifest was refused.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The manifest declares what the component does not export, or the other way round.
    #[error("the manifest's [{entry}] and the component's exports differ: {fix}")]
    Entries {
        /// `operations`, `readings`, `schedules`.
        entry: &'static str,
        /// What to change.
        fix: &'static str,
    },
    /// The described schemas are not those of the manifest's operations.
    #[error("the schemas do not fit the manifest ({why}): build the package with `pilot build`")]
    Schemas {
        /// What is wrong, escaped.
        why: String,
    },
    /// WASI is imported and not declared.
    #[error("`{name}` is imported: this host links no WASI, build for `wasm32-unknown-unknown`")]
    Wasi {
        /// Its name, escaped.
        name: String,
    },
    /// The binary calls what the manifest does not ask for.
    #[error(
        "the component calls {functions}, which the manifest does not request: add them under [[capability]], or stop calling them"
    )]
    NotRequested {
        /// Names of functions.
        functions: String,
    },
    /// The manifest asks for what nobody can be granted.
    #[error(
        "{functions} cannot be granted under this host's policy: remove them, or ask the working group to raise the ceiling"
    )]
    NotGrantable {
        /// Names of functions.
        functions: String,
    },
}

impl DoorError {
    /// Stable name: the key of the wording, and what tests compare.
    pub fn code(&self) -> &'static str {
        match self {
            DoorError::TooLarge { .. } => "door.too-large",
            DoorError::NotWasm => "door.not-wasm",
            DoorError::NotComponent => "door.not-component",
            DoorError::Cut { .. } => "door.cut",
            DoorError::NoSignature => "door.no-signature",
            DoorError::SignatureNotLast => "door.signature-not-last",
            DoorError::SignatureForm { .. } => "door.signature-form",
            DoorError::BadSignature => "door.bad-signature",
            DoorError::Signer(error) => error.code(),
            DoorError::VendorMismatch { .. } => "door.vendor-mismatch",
            DoorError::SectionMissing { .. } => "door.section-missing",
            DoorError::SectionTwice { .. } => "door.section-twice",
            DoorError::SectionNested => "door.section-nested",
            DoorError::SectionForm { .. } => "door.section-form",
            DoorError::Limit { .. } => "door.limit",
            DoorError::Malformed { .. } => "door.malformed",
            DoorError::Invalid { .. } => "door.invalid",
            DoorError::Canonical { .. } => "door.canonical",
            DoorError::ImportForm { .. } => "door.import-form",
            DoorError::UnknownInterface { .. } => "door.unknown-interface",
            DoorError::NeverReleased { .. } => "door.never-released",
            DoorError::UnknownFunction { .. } => "door.unknown-function",
            DoorError::Signature { .. } => "door.signature-differs",
            DoorError::UnknownExport { .. } => "door.unknown-export",
            DoorError::Manifest(error) => error.code(),
            DoorError::Entries { .. } => "door.entries",
            DoorError::Schemas { .. } => "door.schemas",
            DoorError::Wasi { .. } => "door.wasi",
            DoorError::NotRequested { .. } => "door.not-requested",
            DoorError::NotGrantable { .. } => "door.not-grantable",
        }
    }

    /// The next step: what the text says after its last colon, for pages that show it apart.
    pub fn help(&self) -> String {
        let text = self.to_string();
        match self {
            DoorError::Manifest(error) => {
                error.problems.iter().filter_map(|problem| problem.help.clone()).collect::<Vec<_>>().join("; ")
            }
            _ => text.rsplit_once(": ").map_or_else(|| text.clone(), |(_, step)| step.to_owned()),
        }
    }
}
