//! The pilot that is measured, built as every pilot is.

use std::path::Path;

use anyhow::Context;
use pilothouse_registry::{Ceiling, Manifest};
use pilothouse_toolchain::{Guest, Order, Toolchain, Way, build_guests, ensure_std};

/// What it is made of, beside its code.
pub(crate) struct Source {
    /// Its core module.
    pub(crate) core: Vec<u8>,
    /// Its `pilot.toml`.
    pub(crate) manifest: String,
    /// Its words, Vietnamese and English.
    pub(crate) texts: [String; 2],
}

/// Builds it, into the folder of all guests.
pub(crate) fn build() -> anyhow::Result<Source> {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = bench.parent().context("the bench's crate has a folder around it")?;
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("guests");
    let folder = bench.join("guest");
    let mut say = |line: &str| eprintln!("{line}");
    let toolchain = Toolchain::find(root, None, None)?;
    let std = ensure_std(&toolchain, Way::parse(None)?, &target, &mut say)?;
    let guests = [Guest::read(&folder)?];
    let built =
        build_guests(&toolchain, &std, Order { workspace: root, guests: &guests, target_dir: &target }, &mut say)?;
    let core = &built.first().context("one guest was built")?.core;
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).with_context(|| name.to_owned());
    Ok(Source {
        core: std::fs::read(core)?,
        manifest: read("pilot.toml")?,
        texts: [read("texts/vi.ftl")?, read("texts/en.ftl")?],
    })
}

impl Source {
    /// What it asks for, as types.
    pub(crate) fn manifest(&self) -> anyhow::Result<Manifest> {
        Ok(Manifest::parse("pilot.toml", &self.manifest)?)
    }
}

/// The host's policy, with room for a measurement: no minute's budget ends a round.
pub(crate) fn ceiling_text() -> String {
    let limit = "calls-per-minute = 6000,";
    include_str!("../../registry/ceiling.toml").replace(limit, "calls-per-minute = 100000000,")
}

/// The same as a value.
pub(crate) fn ceiling() -> anyhow::Result<Ceiling> {
    Ok(Ceiling::parse(&ceiling_text())?)
}
