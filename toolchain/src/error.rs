//! What can go wrong, each with what to do next.

use std::{error::Error, fmt, io, path::PathBuf, time::Duration};

use crate::{TARGET, standard::Way};

/// Why a guest could not be built.
#[derive(Debug)]
pub enum ToolchainError {
    /// `cargo` or `rustc` is not on this machine, or not where it was said to be.
    Missing {
        /// The program, as it was looked for.
        program: PathBuf,
    },
    /// `rustc` ran, but did not say its version or where it lives.
    Unreadable {
        /// What was asked.
        question: &'static str,
    },
    /// `PILOTHOUSE_STD` holds a word that means nothing.
    UnknownWay {
        /// The word.
        given: String,
    },
    /// No way to the target's standard library led anywhere.
    NoStd {
        /// The version of the compiler.
        release: String,
        /// Each way, with what happened.
        tried: Vec<Tried>,
    },
    /// A folder that should hold a guest's crate does not.
    NotACrate {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        because: &'static str,
    },
    /// `Cargo.lock` would have to change, which a build must not do.
    LockOutdated {
        /// The folder of the workspace.
        workspace: PathBuf,
    },
    /// Sources are missing, and no registry could be reached.
    Unreachable {
        /// The last lines that cargo said.
        said: String,
    },
    /// The compiler refused.
    Refused {
        /// The last lines that it said.
        said: String,
    },
    /// A program was ended because it took longer than it may.
    TooLong {
        /// The program.
        program: &'static str,
        /// How long it was given.
        limit: Duration,
    },
    /// Everything was built, but one guest left no `.wasm`.
    NoCore {
        /// The name of the package.
        package: String,
        /// Where it was looked for.
        expected: PathBuf,
    },
    /// A file or a program could not be used.
    System {
        /// What was being done.
        doing: &'static str,
        /// Why it failed.
        source: io::Error,
    },
}

/// One way to the standard library, and why it led nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Which way.
    pub way: Way,
    /// What happened, in a few words.
    pub because: String,
}

impl fmt::Display for ToolchainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { program } => write!(
                f,
                "`{}` was not found: install Rust (the packages rustc and cargo, or https://rustup.rs) and try again",
                program.display()
            ),
            Self::Unreadable { question } => {
                write!(f, "rustc did not answer `{question}`: run it by hand and repair the installation of Rust")
            }
            Self::UnknownWay { given } => write!(
                f,
                "PILOTHOUSE_STD is `{given}`, which is no way to a standard library: say installed, rustup or source, or unset it"
            ),
            Self::NoStd { release, tried } => {
                writeln!(f, "there is no standard library of {TARGET} for rustc {release}. Tried:")?;
                for Tried { way, because } in tried {
                    writeln!(f, "  {way}: {because}")?;
                }
                write!(
                    f,
                    "Do one of these: `rustup target add {TARGET}`; or install Debian's package rust-src of version {release}; \
                     or put Rust's source of exactly {release} at /usr/src/rustc-{release}"
                )
            }
            Self::NotACrate { folder, because } => {
                write!(
                    f,
                    "{} holds no guest: {because}. Correct its Cargo.toml, or name another folder",
                    folder.display()
                )
            }
            Self::LockOutdated { workspace } => write!(
                f,
                "Cargo.lock in {} does not fit the manifests: run `cargo metadata` there, look at what changed, and build again",
                workspace.display()
            ),
            Self::Unreachable { said } => write!(
                f,
                "{said}\nsources are missing and the registry did not answer: name a mirror in .cargo/config.toml \
                 ([source.crates-io] replace-with), or run `cargo fetch` once where there is a network"
            ),
            Self::Refused { said } => {
                write!(f, "{said}\nthe guest does not compile: correct what the compiler names above")
            }
            Self::TooLong { program, limit } => write!(
                f,
                "`{program}` was ended after {} seconds: see whether the machine is overloaded or the network hangs, and try again",
                limit.as_secs()
            ),
            Self::NoCore { package, expected } => write!(
                f,
                "{package} left no {}: its Cargo.toml needs `[lib] crate-type = [\"cdylib\", \"rlib\"]` and no other library name",
                expected.display()
            ),
            Self::System { doing, .. } => write!(f, "{doing} failed: see the cause, put it right, and try again"),
        }
    }
}

impl Error for ToolchainError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::System { source, .. } => Some(source),
            _ => None,
        }
    }
}
