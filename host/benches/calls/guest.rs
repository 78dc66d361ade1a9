//! The pilot that is measured, built as every pilot is.

use std::path::Path;

use anyhow::Context;
use pilothouse_registry::{Ceiling, Manifest};
use pilothouse_toolchain::{Guest, Order, Toolchain, Way, build_guests, ensure_std};

/// Its manifest.
pub(crate) const MANIFEST: &str = include_str!("../guest/pilot.toml");
/// Its words, Vietnamese and English.
pub(crate) const TEXTS: (&str, &str) = (include_str!("../guest/texts/vi.ftl"), include_str!("../guest/texts/en.ftl"));

/// Its core module.
pub(crate) fn core(folder: &Path) -> anyhow::Result<Vec<u8>> {
    let host = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = host.parent().context("the host's crate has a folder around it")?;
    let target = folder.join("guest");
    let mut say = |line: &str| eprintln!("{line}");
    let toolchain = Toolchain::find(root, None, None)?;
    let std = ensure_std(&toolchain, Way::parse(None)?, &target, &mut say)?;
    let guests = [Guest::read(&host.join("benches/guest"))?];
    let built =
        build_guests(&toolchain, &std, Order { workspace: root, guests: &guests, target_dir: &target }, &mut say)?;
    let core = &built.first().context("one guest was built")?.core;
    Ok(std::fs::read(core)?)
}

/// What it asks for.
pub(crate) fn manifest() -> anyhow::Result<Manifest> {
    Ok(Manifest::parse("pilot.toml", MANIFEST)?)
}

/// The host's policy, with room for a measurement: no minute's budget ends a round.
pub(crate) fn ceiling_text() -> String {
    let limit = "calls-per-minute = 6000,";
    include_str!("../../../registry/ceiling.toml").replace(limit, "calls-per-minute = 100000000,")
}

/// The same as a value.
pub(crate) fn ceiling() -> anyhow::Result<Ceiling> {
    Ok(Ceiling::parse(&ceiling_text())?)
}
