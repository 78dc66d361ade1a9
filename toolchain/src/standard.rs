//! Where the standard library of the guests' target comes from.
//!
//! In this order: it is installed; rustup adds it; cargo builds it from Rust's own source. The last is for networks that
//! mirror Debian and crates.io and nothing else. What was fetched once is found before rustup is asked again, so that
//! only the first build behind a silent firewall waits.

use std::{
    fmt,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{
    Say, TARGET, Toolchain, ToolchainError, Tried,
    bounded::{self, Unended},
    debian, environment,
};

/// The environment variable that names the only way to take, for tests and diagnosis: see [`Way::parse`].
pub const STD_VARIABLE: &str = "PILOTHOUSE_STD";

/// How long rustup may take: the download is 30 MB, a firewall that drops packets never answers.
const RUSTUP_LIMIT: Duration = Duration::from_secs(60);

/// A way to the standard library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It is there already.
    Installed,
    /// `rustup target add`.
    Rustup,
    /// Built by cargo from the `library` folder of Rust's source.
    Source,
}

impl Way {
    /// Reads the value of [`STD_VARIABLE`]; nothing or an empty word leaves the choice open.
    ///
    /// # Errors
    ///
    /// If the word is none of `installed`, `rustup` and `source`.
    pub fn parse(given: Option<&str>) -> Result<Option<Self>, ToolchainError> {
        match given {
            None | Some("") => Ok(None),
            Some("installed") => Ok(Some(Self::Installed)),
            Some("rustup") => Ok(Some(Self::Rustup)),
            Some("source") => Ok(Some(Self::Source)),
            Some(other) => Err(ToolchainError::UnknownWay { given: other.to_owned() }),
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Installed => "installed",
            Self::Rustup => "rustup",
            Self::Source => "source",
        })
    }
}

/// The standard library that guests are built with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Std {
    /// It was installed.
    Installed,
    /// rustup has just added it.
    Added,
    /// cargo builds it, from this `library` folder.
    FromSource {
        /// The folder of Rust's source that holds `std`.
        library: PathBuf,
    },
}

impl fmt::Display for Std {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Installed => write!(f, "the standard library of {TARGET} is installed"),
            Self::Added => write!(f, "rustup added the standard library of {TARGET}"),
            Self::FromSource { library } => {
                write!(f, "the standard library of {TARGET} is built from {}", library.display())
            }
        }
    }
}

/// Finds the standard library, or gets it. `cache` is a folder of ours that outlives one build.
///
/// # Errors
///
/// [`ToolchainError::NoStd`], with all that was tried, if no way (or not the one wished for) leads anywhere.
pub fn ensure_std(toolchain: &Toolchain, wish: Option<Way>, cache: &Path, say: Say<'_>) -> Result<Std, ToolchainError> {
    let mut tried = Vec::new();
    let allowed = |way| wish.is_none_or(|wished| wished == way);
    let fetched = cache.join(format!("rust-src-{}", toolchain.release())).join("library");

    if allowed(Way::Installed) {
        if toolchain.has_target() {
            return Ok(Std::Installed);
        }
        tried.push(Tried { way: Way::Installed, because: "it is not beside the compiler".to_owned() });
    }
    if allowed(Way::Source) && is_library(&fetched) {
        return Ok(Std::FromSource { library: fetched });
    }
    if allowed(Way::Rustup) {
        say(&format!("adding {TARGET} with rustup"));
        match add_with_rustup(toolchain, say) {
            Ok(()) => return Ok(Std::Added),
            Err(because) => tried.push(Tried { way: Way::Rustup, because }),
        }
    }
    if allowed(Way::Source) {
        let beside = toolchain.sysroot.join("lib/rustlib/src/rust/library");
        let of_system = PathBuf::from(format!("/usr/src/rustc-{}/library", toolchain.release()));
        if let Some(library) = [beside, of_system].into_iter().find(|folder| is_library(folder)) {
            return Ok(Std::FromSource { library });
        }
        say(&format!("fetching the source of Rust {} as a Debian package", toolchain.release()));
        match debian::fetch(toolchain.release(), cache, &fetched, say) {
            Ok(()) if is_library(&fetched) => return Ok(Std::FromSource { library: fetched }),
            Ok(()) => tried.push(Tried { way: Way::Source, because: "the package holds no library folder".to_owned() }),
            Err(because) => tried.push(Tried { way: Way::Source, because }),
        }
    }
    Err(ToolchainError::NoStd { release: toolchain.release().to_owned(), tried })
}

/// Whether cargo can build the standard library from this folder.
fn is_library(folder: &Path) -> bool {
    folder.join("std/Cargo.toml").is_file() && folder.join("Cargo.lock").is_file()
}

fn add_with_rustup(toolchain: &Toolchain, say: Say<'_>) -> Result<(), String> {
    let mut command = Command::new("rustup");
    environment::clean(&mut command);
    command.args(["target", "add", TARGET]);
    if let Some(name) = toolchain.rustup_name() {
        command.args(["--toolchain", name]);
    }
    let ended = bounded::run(&mut command, RUSTUP_LIMIT, say).map_err(|unended| why_unended("rustup", &unended))?;
    match (ended.status.success(), toolchain.has_target()) {
        (true, true) => Ok(()),
        (true, false) => Err("rustup added it to another toolchain than this compiler's".to_owned()),
        (false, _) => Err(format!("rustup failed: {}", reason(&ended.stderr))),
    }
}

/// Why a program did not end, in words for [`Tried`].
pub(crate) fn why_unended(program: &str, unended: &Unended) -> String {
    match unended {
        Unended::Missing => format!("there is no {program} here"),
        Unended::System(error) => format!("{program} could not be run: {error}"),
        Unended::TooLong(limit) => format!("{program} did not answer within {} seconds", limit.as_secs()),
    }
}

/// The line that says why, of what a failed program said: the first that is marked as an error, else the last.
pub(crate) fn reason(said: &str) -> &str {
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let marked = lines.clone().find(|line| ["error:", "Err:", "E:"].iter().any(|mark| line.starts_with(mark)));
    marked.or_else(|| lines.next_back()).unwrap_or("it said nothing")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::guests::tests::TempFolder;

    #[test]
    fn the_way_is_read_from_its_word_and_nothing_leaves_it_open() {
        assert_eq!(Way::parse(None).unwrap(), None);
        assert_eq!(Way::parse(Some("")).unwrap(), None);
        for way in [Way::Installed, Way::Rustup, Way::Source] {
            assert_eq!(Way::parse(Some(&way.to_string())).unwrap(), Some(way));
        }
    }

    #[test]
    fn a_word_that_is_no_way_is_refused_with_those_that_are() {
        let text = Way::parse(Some("magic")).unwrap_err().to_string();
        assert!(text.contains("magic") && text.contains("installed, rustup or source"), "{text}");
    }

    #[test]
    fn a_source_that_was_fetched_before_is_used_again() {
        let cache = TempFolder::new("fetched-before");
        let toolchain = Toolchain::find(cache.path(), None, None).unwrap();
        let library = cache.path().join(format!("rust-src-{}/library", toolchain.release()));
        fs::create_dir_all(library.join("std")).unwrap();
        fs::write(library.join("std/Cargo.toml"), "").unwrap();
        fs::write(library.join("Cargo.lock"), "").unwrap();
        let std = ensure_std(&toolchain, Some(Way::Source), cache.path(), &mut |_| ()).unwrap();
        assert_eq!(std, Std::FromSource { library });
    }

    #[test]
    fn the_reason_is_the_line_that_is_marked_as_an_error() {
        assert_eq!(
            reason("info: downloading\nerror: could not download\n\n16: <unknown>\n"),
            "error: could not download"
        );
        assert_eq!(reason("W: old\nlast\n\n"), "last");
        assert_eq!(reason(" \n"), "it said nothing");
    }

    #[test]
    fn when_no_way_leads_anywhere_the_error_says_what_was_tried_and_what_to_install() {
        let tried = vec![Tried { way: Way::Rustup, because: "there is no rustup here".to_owned() }];
        let text = ToolchainError::NoStd { release: "1.95.0".to_owned(), tried }.to_string();
        for part in [
            "rustup: there is no rustup here",
            "rustup target add wasm32-unknown-unknown",
            "rust-src of version 1.95.0",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
}
