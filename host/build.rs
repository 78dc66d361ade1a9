//! Builds all pilots of this workspace as guests and writes the list of them that the host embeds.
//!
//! Only core modules are embedded. They become packages at the first start, signed with a key of that installation, so
//! that no secret is in the repository or in a binary.
#![forbid(unsafe_code)]

use std::{
    env,
    error::Error,
    ffi::OsStr,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use pilothouse_toolchain::{Guest, Order, STD_VARIABLE, Std, Toolchain, Way, build_guests, ensure_std};

/// Set to `none`, the host is built without pilots: for work on the host while a pilot does not compile.
const GUESTS_VARIABLE: &str = "PILOTHOUSE_GUESTS";

/// A folder in `plugins/` that holds a pilot.
struct Plugin {
    folder: PathBuf,
    guest: Guest,
}

fn main() -> ExitCode {
    match embed() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            let mut cause = error.source();
            while let Some(because) = cause {
                eprintln!("because: {because}");
                cause = because.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn embed() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo set no OUT_DIR: build with cargo")?);
    let host =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo set no CARGO_MANIFEST_DIR: build with cargo")?);
    let root = host.parent().ok_or("the host's crate has no folder around it")?;

    for watched in ["plugins", "sdk", "wit", "Cargo.toml", "Cargo.lock"].map(|name| root.join(name)) {
        // A path that is not there would make cargo run this again each time.
        if watched.exists() {
            println!("cargo:rerun-if-changed={}", watched.display());
        }
    }
    println!("cargo:rerun-if-env-changed={STD_VARIABLE}");
    println!("cargo:rerun-if-env-changed={GUESTS_VARIABLE}");

    let list = out.join("embedded.rs");
    if env::var(GUESTS_VARIABLE).is_ok_and(|value| value == "none") {
        println!("cargo:warning={GUESTS_VARIABLE}=none: this host is built without pilots");
        return Ok(fs::write(list, "&[]\n")?);
    }
    let plugins = plugins(&root.join("plugins"))?;
    let cores = build(root, &out, &plugins)?;
    Ok(fs::write(list, listed(&plugins, &cores)?)?)
}

/// All pilots, by their number. Folders whose name does not begin with a number are libraries that pilots share.
fn plugins(folder: &Path) -> Result<Vec<Plugin>, Box<dyn Error>> {
    let numbered = |path: &Path| {
        path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with(|c: char| c.is_ascii_digit()))
    };
    let mut plugins = Vec::new();
    for folder in entries(folder)?.into_iter().filter(|path| numbered(path) && path.join("Cargo.toml").is_file()) {
        if !folder.join("pilot.toml").is_file() {
            return Err(format!(
                "{} has no pilot.toml: write its manifest, or take the number off its name",
                folder.display()
            )
            .into());
        }
        plugins.push(Plugin { guest: Guest::read(&folder)?, folder });
    }
    Ok(plugins)
}

/// Builds the guests and keeps a copy of each core module beside the list.
fn build(root: &Path, out: &Path, plugins: &[Plugin]) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    if plugins.is_empty() {
        return Ok(Vec::new());
    }
    let target_dir = guests_folder(out);
    let mut say = |line: &str| eprintln!("{line}");
    let program = |name| env::var_os(name).map(PathBuf::from);
    let toolchain = Toolchain::find(root, program("CARGO"), program("RUSTC"))?;
    let way = Way::parse(env::var(STD_VARIABLE).ok().as_deref())?;
    let std = ensure_std(&toolchain, way, &target_dir, &mut say)?;
    if std != Std::Installed {
        println!("cargo:warning={std}");
    }
    let guests: Vec<Guest> = plugins.iter().map(|plugin| plugin.guest.clone()).collect();
    let built =
        build_guests(&toolchain, &std, Order { workspace: root, guests: &guests, target_dir: &target_dir }, &mut say)?;
    let mut cores = Vec::new();
    for built in built {
        let core = out.join(format!("{}.wasm", built.package));
        fs::copy(&built.core, &core)?;
        cores.push(core);
    }
    Ok(cores)
}

/// A target folder of the guests' own, in the one that the host is built in: `target/guests` for `target/debug/build/…/out`.
/// Debug and release builds of the host share it, since guests are always optimised.
fn guests_folder(out: &Path) -> PathBuf {
    let build = out.ancestors().find(|folder| folder.file_name() == Some(OsStr::new("build")));
    build.and_then(|build| build.parent()?.parent()).unwrap_or(out).join("guests")
}

/// The list, as an expression of Rust.
fn listed(plugins: &[Plugin], cores: &[PathBuf]) -> Result<String, Box<dyn Error>> {
    let mut list = String::from("&[\n");
    for (Plugin { folder, guest }, core) in plugins.iter().zip(cores) {
        writeln!(list, "    EmbeddedPlugin {{")?;
        writeln!(list, "        name: {:?},", guest.package())?;
        writeln!(list, "        manifest: include_str!({:?}),", folder.join("pilot.toml"))?;
        writeln!(list, "        core: include_bytes!({core:?}),")?;
        writeln!(list, "        texts: &[{}],", included(&folder.join("texts"), "ftl", Path::file_stem)?)?;
        writeln!(list, "        scenarios: &[{}],", included(&folder.join("scenarios"), "toml", Path::file_name)?)?;
        writeln!(list, "    }},")?;
    }
    list.push_str("]\n");
    Ok(list)
}

/// The files in `folder` that end so, as pairs of name and content.
fn included(folder: &Path, ending: &str, name: fn(&Path) -> Option<&OsStr>) -> Result<String, Box<dyn Error>> {
    let mut pairs = String::new();
    for path in entries(folder)?.into_iter().filter(|path| path.extension() == Some(OsStr::new(ending))) {
        let named = name(&path).ok_or("a file without a name")?;
        write!(pairs, "({named:?}, include_str!({path:?})), ")?;
    }
    Ok(pairs)
}

/// What is in a folder, in the order of names; nothing if there is no such folder.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    paths.sort();
    Ok(paths)
}
