//! The real program: `pilot`, built once a test process with the profile of the tests.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Names a program that is built already, for a release that is to be tested as it is.
const GIVEN: &str = "PILOTHOUSE_PILOT";

/// Path of the program.
///
/// # Panics
/// Where it cannot be built: no test through the front door means anything then.
pub fn pilot() -> &'static Path {
    static PILOT: OnceLock<PathBuf> = OnceLock::new();
    PILOT.get_or_init(|| env::var_os(GIVEN).map_or_else(built, PathBuf::from))
}

/// Cargo builds no program of another crate for a test, so it is asked to.
fn built() -> PathBuf {
    let test = env::current_exe().expect("the test's own path");
    // `TARGET/PROFILE/deps/TEST`.
    let folder = test.parent().and_then(Path::parent).expect("the test lies in the folder of its profile");
    let target = folder.parent().expect("the profile's folder lies in the target folder");
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args(["build", "--quiet", "--package", "pilothouse", "--bin", "pilot", "--profile", profile, "--target-dir"])
        .arg(target)
        .status()
        .expect("cargo starts");
    assert!(status.success(), "the host does not build: see above");
    folder.join(format!("pilot{}", env::consts::EXE_SUFFIX))
}
