//! The real program: `pilot`, as cargo builds it beside the tests.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Names a program that is built already, for a release that is to be tested as it is.
const GIVEN: &str = "PILOTHOUSE_PILOT";

/// Path of the program.
///
/// # Panics
/// Where it is not there: no test through the front door means anything then.
pub fn pilot() -> &'static Path {
    static PILOT: OnceLock<PathBuf> = OnceLock::new();
    PILOT.get_or_init(|| env::var_os(GIVEN).map_or_else(built, PathBuf::from))
}

/// This crate has the host's `main.rs` as a program of its own, since cargo builds the programs of a tested crate before its tests and
/// none of another's. Asking cargo for the host's own would build the engine again, with other features.
fn built() -> PathBuf {
    let test = env::current_exe().expect("the test's own path");
    // `TARGET/PROFILE/deps/TEST`.
    let folder = test.parent().and_then(Path::parent).expect("the test lies in the folder of its profile");
    let pilot = folder.join(format!("pilot-under-test{}", env::consts::EXE_SUFFIX));
    assert!(pilot.is_file(), "{} is not there: run the tests with `cargo test`", pilot.display());
    pilot
}
