//! Which cargo and rustc build the guests, and what they say about themselves.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{TARGET, ToolchainError, bounded, bounded::Unended, environment};

/// How long rustc may take to say its version; it takes milliseconds, unless rustup first has to fetch it.
const ASKING_LIMIT: Duration = Duration::from_secs(60);

/// The pair of programs that builds guests.
#[derive(Debug, Clone)]
pub struct Toolchain {
    pub(crate) cargo: PathBuf,
    pub(crate) rustc: PathBuf,
    pub(crate) sysroot: PathBuf,
    release: String,
}

impl Toolchain {
    /// The toolchain as it is seen from `folder` (a `rust-toolchain.toml` above it counts).
    ///
    /// `cargo` and `rustc` are the programs, such as `CARGO` and `RUSTC` in a build script; without one, the one on the
    /// search path.
    ///
    /// # Errors
    ///
    /// If one is missing, hangs, or does not say which version it is.
    pub fn find(folder: &Path, cargo: Option<PathBuf>, rustc: Option<PathBuf>) -> Result<Self, ToolchainError> {
        let cargo = cargo.unwrap_or_else(|| PathBuf::from("cargo"));
        let rustc = rustc.unwrap_or_else(|| PathBuf::from("rustc"));
        let version = ask(folder, &rustc, &["-vV"])?;
        let release = release_of(&version).ok_or(ToolchainError::Unreadable { question: "rustc -vV" })?.to_owned();
        let sysroot = ask(folder, &rustc, &["--print", "sysroot"])?;
        let sysroot = PathBuf::from(sysroot.trim());
        if !sysroot.is_dir() {
            return Err(ToolchainError::Unreadable { question: "rustc --print sysroot" });
        }
        Ok(Self { cargo, rustc, sysroot, release })
    }

    /// The version of the compiler, such as `1.95.0`.
    #[must_use]
    pub fn release(&self) -> &str {
        &self.release
    }

    /// Whether the standard library of the guests' target is installed beside the compiler.
    pub(crate) fn has_target(&self) -> bool {
        self.sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir()
    }

    /// The name that rustup gives this toolchain, if rustup manages it.
    pub(crate) fn rustup_name(&self) -> Option<&str> {
        let of_rustup = self.sysroot.parent()?.file_name()? == "toolchains";
        self.sysroot.file_name()?.to_str().filter(|_| of_rustup)
    }
}

fn ask(folder: &Path, program: &Path, arguments: &[&str]) -> Result<String, ToolchainError> {
    let mut command = Command::new(program);
    environment::clean(&mut command);
    command.args(arguments).current_dir(folder);
    let ended = bounded::run(&mut command, ASKING_LIMIT, &mut |_| ()).map_err(|unended| match unended {
        Unended::Missing => ToolchainError::Missing { program: program.to_owned() },
        Unended::System(source) => ToolchainError::System { doing: "starting rustc", source },
        Unended::TooLong(limit) => ToolchainError::TooLong { program: "rustc", limit },
    })?;
    if ended.status.success() { Ok(ended.stdout) } else { Err(ToolchainError::Unreadable { question: "rustc -vV" }) }
}

/// The release in rustc's answer. It becomes part of file names and package versions, so only plain ones are taken.
fn release_of(version: &str) -> Option<&str> {
    let release = version.lines().find_map(|line| line.strip_prefix("release: "))?.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    (release.starts_with(|c: char| c.is_ascii_digit()) && release.chars().all(plain)).then_some(release)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_read_from_what_rustc_says() {
        assert_eq!(release_of("rustc 1.95.0 (5980 2026-04-14)\nbinary: rustc\nrelease: 1.95.0\n"), Some("1.95.0"));
        assert_eq!(release_of("release: 1.97.0-nightly\n"), Some("1.97.0-nightly"));
    }

    #[test]
    fn a_release_that_would_leave_its_folder_is_not_read() {
        assert_eq!(release_of("release: ../../etc"), None);
        assert_eq!(release_of("release: 1.95.0/../x"), None);
        assert_eq!(release_of("binary: rustc"), None);
    }

    #[test]
    fn a_compiler_that_is_not_there_is_named_with_what_to_do() {
        let missing = Toolchain::find(Path::new("."), None, Some(PathBuf::from("pilothouse-no-such-rustc")));
        let text = missing.unwrap_err().to_string();
        assert!(text.contains("pilothouse-no-such-rustc") && text.contains("install Rust"), "{text}");
    }
}
