//! Real guests, built by the real cargo in folders of their own.

use std::{env, fs, process};

use super::*;
use crate::{Way, ensure_std};

/// A folder that is removed at the end of the test.
pub(crate) struct TempFolder(PathBuf);

impl TempFolder {
    pub(crate) fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("pilothouse-toolchain-{}-{name}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const MANIFEST: &str = "[package]\nname = \"tiny-guest\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n\n[workspace]\n";
const SOURCE: &str = "/// Needs the allocator and the formatter, so a std must be there.\n#[unsafe(no_mangle)]\npub extern \"C\" fn length(n: u32) -> usize {\n    let all: Vec<u32> = (0..n).collect();\n    format!(\"{all:?}\").len()\n}\n\n#[unsafe(no_mangle)]\npub extern \"C\" fn next(n: u32) -> u32 {\n    n + 1\n}\n";

fn crate_in(folder: &TempFolder, manifest: &str, source: &str) {
    fs::create_dir_all(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    fs::write(folder.path().join("src/lib.rs"), source).unwrap();
}

fn build_in(folder: &TempFolder) -> Result<Vec<Built>, ToolchainError> {
    let way = Way::parse(env::var(crate::STD_VARIABLE).ok().as_deref())?;
    let toolchain = Toolchain::find(folder.path(), None, None)?;
    let mut heard = Vec::new();
    let std = ensure_std(&toolchain, way, &env::temp_dir().join("pilothouse-toolchain-std"), &mut |line| {
        heard.push(line.to_owned())
    })?;
    let guests = [Guest::read(folder.path())?];
    let target_dir = folder.path().join("guests");
    let order = Order { workspace: folder.path(), guests: &guests, target_dir: &target_dir };
    build_guests(&toolchain, &std, order, &mut |line| heard.push(line.to_owned()))
}

/// An unsigned LEB128 number and what follows it.
fn number(bytes: &[u8]) -> (u32, &[u8]) {
    let (mut value, mut shift) = (0, 0);
    for (at, byte) in bytes.iter().enumerate() {
        value |= u32::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return (value, &bytes[at + 1..]);
        }
    }
    panic!("a number without an end")
}

/// The bodies of all sections with this id.
fn section(module: &[u8], wanted: u8) -> &[u8] {
    assert_eq!(&module[..8], b"\0asm\x01\0\0\0", "a core module, not yet a component");
    let mut rest = &module[8..];
    while let [id, after @ ..] = rest {
        let (length, body) = number(after);
        let (body, next) = body.split_at(length as usize);
        if *id == wanted {
            return body;
        }
        rest = next;
    }
    panic!("no section {wanted}")
}

#[test]
fn a_guest_is_a_core_module_with_a_stack_of_one_page_and_no_path_of_this_machine() {
    let folder = TempFolder::new("tiny");
    crate_in(&folder, MANIFEST, SOURCE);
    let built = build_in(&folder).unwrap();
    assert_eq!(built.len(), 1);
    assert_eq!(built[0].package, "tiny-guest");
    let module = fs::read(&built[0].core).unwrap();

    // The first global is the stack pointer: mutable i32 (7f 01), i32.const (41), the top of the stack, end (0b).
    let (count, global) = number(section(&module, 6));
    assert!(count >= 1);
    assert_eq!(&global[..3], [0x7f, 0x01, 0x41]);
    assert_eq!(number(&global[3..]).0, STACK_BYTES);

    let text = String::from_utf8_lossy(&module);
    for path in [folder.path().to_str().unwrap(), "/.cargo/registry"] {
        assert!(!text.contains(path), "{path} is in the binary");
    }
}

#[test]
fn a_guest_that_does_not_compile_is_refused_with_the_compilers_words() {
    let folder = TempFolder::new("broken");
    crate_in(&folder, MANIFEST, "pub fn broken() -> u32 { \"three\" }");
    let refused = build_in(&folder).unwrap_err();
    assert!(matches!(&refused, ToolchainError::Refused { said } if said.contains("mismatched types")), "{refused}");
}

#[test]
fn a_library_without_the_right_crate_type_is_told_which_one_it_needs() {
    let folder = TempFolder::new("rlib");
    crate_in(&folder, &MANIFEST.replace("\"cdylib\", ", ""), SOURCE);
    let refused = build_in(&folder).unwrap_err();
    assert!(matches!(&refused, ToolchainError::NoCore { package, .. } if package == "tiny-guest"), "{refused}");
    assert!(refused.to_string().contains("cdylib"));
}

#[test]
fn no_guests_need_no_cargo() {
    let folder = TempFolder::new("none");
    let toolchain = Toolchain::find(folder.path(), Some(PathBuf::from("pilothouse-no-such-cargo")), None).unwrap();
    let order = Order { workspace: folder.path(), guests: &[], target_dir: folder.path() };
    assert_eq!(build_guests(&toolchain, &Std::Installed, order, &mut |_| ()).unwrap(), []);
}

#[test]
fn a_folder_without_a_manifest_holds_no_guest() {
    let folder = TempFolder::new("empty");
    let refused = Guest::read(folder.path()).unwrap_err();
    assert!(refused.to_string().contains("there is no Cargo.toml"), "{refused}");
}

#[test]
fn the_name_is_that_of_the_package_and_no_other() {
    let manifest = "name = \"before\"\n[lib]\nname = \"library\"\n[package]\nversion = \"1\"\nname = \"queue-numbers\" # 07\n[dependencies]\nname = \"after\"\n";
    assert_eq!(package_name(manifest), Some("queue-numbers"));
    assert_eq!(package_name("[package]\n[lib]\nname = \"library\"\n"), None);
}

#[test]
fn a_name_that_would_be_an_option_or_a_path_is_none() {
    for name in ["--config", "../x", "a b", ""] {
        assert_eq!(package_name(&format!("[package]\nname = \"{name}\"\n")), None, "{name}");
    }
}
