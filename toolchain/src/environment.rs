//! What a nested cargo may inherit from the one around it: ways to the network, and nothing about the build.

use std::{env, ffi::OsStr, path::PathBuf, process::Command};

/// Cargo's own variables that say how to reach a registry or where the cache is, not how to build.
const KEPT: [&str; 7] = [
    "CARGO_HOME",
    "CARGO_HTTP_",
    "CARGO_NET_",
    "CARGO_REGISTRIES_",
    "CARGO_REGISTRY_",
    "CARGO_SOURCE_",
    "CARGO_BUILD_JOBS",
];

/// What cargo, clippy and make set for the programs that they run, beside all that begins with `CARGO`. With any of them
/// a guest would be built for another target, by another compiler, or with the flags of the host.
const BUILD: [&str; 22] = [
    "CLIPPY_ARGS",
    "CLIPPY_CONF_DIR",
    "DEBUG",
    "HOST",
    "LD_LIBRARY_PATH",
    "MAKEFLAGS",
    "MFLAGS",
    "NUM_JOBS",
    "OPT_LEVEL",
    "OUT_DIR",
    "PROFILE",
    "RUSTC",
    "RUSTC_BOOTSTRAP",
    "RUSTC_LINKER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTDOC",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
    "RUST_TARGET_PATH",
    "TARGET",
    "__CARGO_TESTS_ONLY_SRC_ROOT",
];

/// Takes from `command` all that belongs to the build around it.
pub(crate) fn clean(command: &mut Command) {
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(belongs_to_the_build_around) {
            command.env_remove(name);
        }
    }
}

/// Where cargo keeps the sources that it downloaded, if that can be said.
pub(crate) fn cargo_home() -> Option<PathBuf> {
    let given = |name: &str| env::var_os(name).filter(|value| value != OsStr::new(""));
    given("CARGO_HOME").map(PathBuf::from).or_else(|| given("HOME").map(|home| PathBuf::from(home).join(".cargo")))
}

fn belongs_to_the_build_around(name: &str) -> bool {
    if name.starts_with("CARGO") {
        return !KEPT.iter().any(|kept| name.starts_with(kept));
    }
    name.starts_with("DEP_") || BUILD.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_outer_build_says_about_itself_is_not_inherited() {
        for name in ["CARGO", "CARGO_ENCODED_RUSTFLAGS", "CARGO_TARGET_DIR", "RUSTC_WRAPPER", "TARGET", "DEP_Z_ROOT"] {
            assert!(belongs_to_the_build_around(name), "{name}");
        }
    }

    #[test]
    fn the_ways_to_a_registry_and_the_choice_of_toolchain_are_inherited() {
        for name in ["CARGO_HOME", "CARGO_NET_OFFLINE", "CARGO_HTTP_PROXY", "HTTPS_PROXY", "RUSTUP_TOOLCHAIN", "PATH"] {
            assert!(!belongs_to_the_build_around(name), "{name}");
        }
    }
}
