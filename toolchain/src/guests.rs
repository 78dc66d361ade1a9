//! Builds guests: one nested cargo call, with an environment and a target folder of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{
    STACK_BYTES, Say, Std, TARGET, Toolchain, ToolchainError,
    bounded::{self, Ended, Unended},
    environment,
};

/// How long one build may take: 35 guests with whole-program optimisation, after a download, on a slow machine.
const BUILD_LIMIT: Duration = Duration::from_secs(45 * 60);

/// How long cargo may take to say where a workspace begins.
const LOCATING_LIMIT: Duration = Duration::from_secs(60);

/// How much of what cargo said goes into an error: the last lines name what is wrong.
const SAID_LINES: usize = 60;

/// The largest Cargo.toml that is read for its name.
const MANIFEST_BYTES: u64 = 256 * 1024;

/// The profile of guests, given with the call so that a vendor's crate is built as ours are.
const PROFILE: [&str; 9] = [
    r#"profile.guest.inherits="release""#,
    // Beside 3: half the time to build (35 guests: two minutes of CPU instead of five) and a tenth less to compile and embed.
    r#"profile.guest.opt-level="s""#,
    r#"profile.guest.lto="fat""#,
    "profile.guest.codegen-units=1",
    r#"profile.guest.panic="abort""#,
    "profile.guest.strip=true",
    "profile.guest.debug=false",
    "profile.guest.incremental=false",
    // A rule book that counts days and money stops rather than wraps.
    "profile.guest.overflow-checks=true",
];

/// A crate that is to be built as a guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    package: String,
}

impl Guest {
    /// The guest in this folder.
    ///
    /// # Errors
    ///
    /// If the folder has no `Cargo.toml` with the name of a package.
    pub fn read(folder: &Path) -> Result<Self, ToolchainError> {
        let wrong = |because| ToolchainError::NotACrate { folder: folder.to_owned(), because };
        let manifest = folder.join("Cargo.toml");
        let size = fs::metadata(&manifest).map_err(|_| wrong("there is no Cargo.toml"))?.len();
        if size > MANIFEST_BYTES {
            return Err(wrong("its Cargo.toml is larger than 256 KiB"));
        }
        let text = fs::read_to_string(&manifest).map_err(|_| wrong("its Cargo.toml cannot be read"))?;
        let package = package_name(&text).ok_or_else(|| wrong("[package] has no name of letters, digits, - and _"))?;
        Ok(Self { package: package.to_owned() })
    }

    /// The name of the package.
    #[must_use]
    pub fn package(&self) -> &str {
        &self.package
    }
}

/// What to build, and where to.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// A folder in the workspace of the guests; a single crate is its own workspace.
    pub workspace: &'a Path,
    /// The guests, all of this workspace.
    pub guests: &'a [Guest],
    /// A folder for these builds alone. Never the target folder of the build around it: both would wait for its lock.
    pub target_dir: &'a Path,
}

/// A guest that was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The name of its package.
    pub package: String,
    /// The core module. It becomes a component when it is packaged.
    pub core: PathBuf,
}

/// Builds all guests of an order, in its order. Nothing is run when there are none.
///
/// The sources are those that `Cargo.lock` names, if there is one. When the registry does not answer, what is cached is
/// tried.
///
/// # Errors
///
/// If a guest does not compile, sources cannot be had, or cargo hangs.
pub fn build_guests(
    toolchain: &Toolchain,
    std: &Std,
    order: Order<'_>,
    say: Say<'_>,
) -> Result<Vec<Built>, ToolchainError> {
    if order.guests.is_empty() {
        return Ok(Vec::new());
    }
    let root = workspace_root(toolchain, order.workspace)?;
    let locked = root.join("Cargo.lock").is_file();
    let mut ended = run(build(toolchain, std, order, &root, locked), say)?;
    if !ended.status.success() && speaks_of_the_network(&ended.stderr) {
        say("the registry does not answer: building from what is cached");
        let mut again = build(toolchain, std, order, &root, locked);
        again.arg("--offline");
        ended = run(again, say)?;
        if !ended.status.success() && speaks_of_missing_sources(&ended.stderr) {
            return Err(ToolchainError::Unreachable { said: last_lines(&ended.stderr) });
        }
    }
    if !ended.status.success() {
        return Err(match ended.stderr.contains("--locked was passed") {
            true => ToolchainError::LockOutdated { workspace: root },
            false => ToolchainError::Refused { said: last_lines(&ended.stderr) },
        });
    }
    order.guests.iter().map(|guest| built(guest, order.target_dir)).collect()
}

fn built(guest: &Guest, target_dir: &Path) -> Result<Built, ToolchainError> {
    let file = format!("{}.wasm", guest.package.replace('-', "_"));
    let core = target_dir.join(TARGET).join("guest").join(file);
    if core.is_file() {
        Ok(Built { package: guest.package.clone(), core })
    } else {
        Err(ToolchainError::NoCore { package: guest.package.clone(), expected: core })
    }
}

/// The nested call.
fn build(toolchain: &Toolchain, std: &Std, order: Order<'_>, root: &Path, locked: bool) -> Command {
    let mut command = Command::new(&toolchain.cargo);
    environment::clean(&mut command);
    command.current_dir(order.workspace);
    command.args(["build", "--lib", "--profile", "guest", "--target", TARGET, "--color", "never", "--target-dir"]);
    command.arg(order.target_dir);
    for setting in PROFILE {
        command.args(["--config", setting]);
    }
    for guest in order.guests {
        command.args(["--package", &guest.package]);
    }
    if locked {
        command.arg("--locked");
    }
    if let Std::FromSource { library } = std {
        command.args(["-Z", "build-std=std,panic_abort"]);
        // Cargo's own way to a source that is not beside the compiler; both are needed on a stable toolchain.
        command.env("RUSTC_BOOTSTRAP", "1").env("__CARGO_TESTS_ONLY_SRC_ROOT", library);
    }
    command.env("RUSTC", &toolchain.rustc);
    // A build folder set in someone's configuration would be shared with the build around this one, and so would its lock.
    command.env("CARGO_BUILD_BUILD_DIR", order.target_dir);
    command.env("CARGO_ENCODED_RUSTFLAGS", flags(std, root).join("\u{1f}"));
    command
}

/// Flags of the compiler. Folders of this machine stay out of the binary, so that one source gives one binary.
fn flags(std: &Std, root: &Path) -> Vec<String> {
    let mut flags = vec![format!("-Clink-arg=-zstack-size={STACK_BYTES}")];
    let mut remap = |from: &Path, to: &str| flags.push(format!("--remap-path-prefix={}={to}", from.display()));
    if let Some(home) = environment::cargo_home() {
        remap(&home, "cargo");
    }
    remap(root, "guests");
    if let Std::FromSource { library } = std {
        remap(library, "library");
    }
    flags
}

/// Where the workspace begins that `folder` is in: its `Cargo.lock` counts, and its path stays out of the binary.
fn workspace_root(toolchain: &Toolchain, folder: &Path) -> Result<PathBuf, ToolchainError> {
    let mut command = Command::new(&toolchain.cargo);
    environment::clean(&mut command);
    command.args(["locate-project", "--workspace", "--message-format", "plain"]).current_dir(folder);
    let ended = run_for(&mut command, LOCATING_LIMIT, &mut |_| ())?;
    if !ended.status.success() {
        return Err(ToolchainError::Refused { said: last_lines(&ended.stderr) });
    }
    let manifest = PathBuf::from(ended.stdout.trim());
    manifest.parent().map(Path::to_owned).ok_or_else(|| ToolchainError::NotACrate {
        folder: folder.to_owned(),
        because: "cargo finds no workspace there",
    })
}

fn run(mut command: Command, say: Say<'_>) -> Result<Ended, ToolchainError> {
    run_for(&mut command, BUILD_LIMIT, say)
}

fn run_for(command: &mut Command, limit: Duration, say: Say<'_>) -> Result<Ended, ToolchainError> {
    let program = PathBuf::from(command.get_program());
    bounded::run(command, limit, say).map_err(|unended| match unended {
        Unended::Missing => ToolchainError::Missing { program },
        Unended::System(source) => ToolchainError::System { doing: "starting cargo", source },
        Unended::TooLong(limit) => ToolchainError::TooLong { program: "cargo", limit },
    })
}

/// Whether cargo failed because a registry did not answer. It has no exit code for that, so its words are looked at; a
/// wrong guess costs one more attempt.
fn speaks_of_the_network(said: &str) -> bool {
    [
        "network error",
        "Could not resolve host",
        "Couldn't resolve host",
        "failed to download",
        "Unable to update",
        "Timeout was reached",
    ]
    .iter()
    .any(|words| said.contains(words))
}

fn speaks_of_missing_sources(said: &str) -> bool {
    speaks_of_the_network(said) || said.contains("offline mode") || said.contains("--offline")
}

fn last_lines(said: &str) -> String {
    let lines: Vec<&str> = said.lines().collect();
    lines[lines.len().saturating_sub(SAID_LINES)..].join("\n")
}

/// The name in `[package]`. Enough of TOML for what cargo itself writes; whatever else is in the file is cargo's to judge.
fn package_name(manifest: &str) -> Option<&str> {
    let in_package = manifest.lines().map(str::trim).skip_while(|line| *line != "[package]").skip(1);
    let value = in_package.take_while(|line| !line.starts_with('[')).find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "name").then_some(value.trim())
    })?;
    let name = value.strip_prefix('"')?.split_once('"')?.0;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    (name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(plain)).then_some(name)
}

#[cfg(test)]
pub(crate) mod tests;
