//! What a vendor does at their own desk: build, check and inspect components; make a key.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use pilothouse_province::{DEFAULT_SEED, REFERENCE_DAY};
use pilothouse_registry::contract::Guard;
use pilothouse_registry::{Ceiling, DoorError, Imports, Manifest, Package, keys};
use pilothouse_runtime::capabilities::records;
use pilothouse_runtime::compile::{Compiler, Program};
use pilothouse_runtime::province::Province;
use pilothouse_runtime::{Machine, Providers};
use pilothouse_toolchain::{Guest, Order, Toolchain, build_guests, ensure_std};
use serde_json::json;

use super::out::{Out, note};
use crate::embedded::PLUGINS;
use crate::governance::packaging;
use crate::harness::{Harness, Ready, Report};

/// People of the province that a component's trial is linked beside; it can ask none of them anything.
const TRIAL_PEOPLE: u32 = 2_000;

/// What a component can do
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pilot inspect lodging-hotels-1.0.0.wasm")]
pub(super) struct Inspect {
    /// A component or package
    file: PathBuf,
}

impl Inspect {
    pub(super) fn run(self, out: &mut Out) -> anyhow::Result<()> {
        let bytes = std::fs::read(&self.file).with_context(|| format!("{} cannot be read", self.file.display()))?;
        let imports = Imports::read(&bytes).map_err(told)?;
        out.say(format_args!(
            "{} bytes; exports: {}",
            bytes.len(),
            joined(imports.entries.iter().map(|entry| entry.as_str()))
        ));
        out.say(format_args!("It can call, and nothing else:"));
        for function in &imports.functions {
            let known = pilothouse_registry::contract::find_full(function);
            let what = known.map_or("", |function| function.en);
            let effect = if known.is_some_and(|function| function.effect) { "  [effect]" } else { "" };
            let passive =
                if known.is_some_and(|function| function.guard == Guard::Passive) { "  (getter)" } else { "" };
            out.say(format_args!("  {function:<28} {what}{effect}{passive}"));
        }
        for interface in &imports.wasi {
            out.say(format_args!(
                "  {interface}  (system interface: answered by an empty one, if the manifest says so)"
            ));
        }
        let functions: Vec<String> = imports.functions.iter().map(ToString::to_string).collect();
        let entries: Vec<&str> = imports.entries.iter().map(|entry| entry.as_str()).collect();
        out.json(&json!({ "bytes": bytes.len(), "exports": entries, "functions": functions, "wasi": imports.wasi }));
        Ok(())
    }
}

fn joined<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

/// A refusal of the door, with what to do about it.
fn told(error: DoorError) -> anyhow::Error {
    let help = error.help();
    let code = error.code();
    let text = match &error {
        DoorError::Manifest(manifest) => manifest.to_string(),
        other => other.to_string(),
    };
    anyhow::anyhow!("{text}\n  help: {help}\n  code: {code}")
}

/// The door's checks
#[derive(Debug, Args)]
pub(super) struct Check {
    /// A pilot's folder, or a package
    path: PathBuf,
}

impl Check {
    pub(super) async fn run(self, out: &mut Out) -> anyhow::Result<()> {
        let bytes = if self.path.is_dir() {
            let built = build_folder(&self.path).await?;
            Package::build(&built.component, &built.manifest, &built.schemas, (&built.vi, &built.en)).map_err(told)?
        } else {
            std::fs::read(&self.path).with_context(|| format!("{} cannot be read", self.path.display()))?
        };
        let package = Package::open_unsigned(bytes).map_err(told)?;
        let ceiling = Ceiling::embedded().context("the host's policy")?;
        let proof = package.prove(&ceiling);
        out.say(format_args!("{}: requested, grantable, imported", package.manifest().pilot_version()));
        for row in &proof.rows {
            let mark = |yes: bool| if yes { "yes" } else { "-" };
            out.say(format_args!(
                "  {:<28} {:<4} {:<4} {}",
                row.function.to_string(),
                mark(row.requested),
                mark(row.grantable),
                mark(row.imported)
            ));
        }
        for unused in proof.unused() {
            out.say(format_args!("  {unused} is requested and never called: a narrower request would do"));
        }
        out.json(&proof);
        proof.verdict().map_err(told)?;
        out.say(format_args!("the door would take it, once it is signed by a trusted key"));
        Ok(())
    }
}

/// A package
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  pilot key new vendor.pem\n  pilot build plugins/08-lodging-hotels --key vendor.pem"
)]
pub(super) struct Build {
    /// The pilot's folder: Cargo.toml, pilot.toml, src/, texts/
    folder: PathBuf,
    /// The vendor's signing key, as `pilot key new` makes it
    #[arg(long, env = "PILOT_KEY")]
    key: PathBuf,
    /// Where to write the package; ID-VERSION.wasm when left out
    #[arg(long)]
    out: Option<PathBuf>,
}

impl Build {
    pub(super) async fn run(self, out: &mut Out) -> anyhow::Result<()> {
        let key = keys::read(&self.key).with_context(|| format!("{}", self.key.display()))?;
        let built = build_folder(&self.folder).await?;
        let bytes = packaging::signed(&built.component, &built.manifest, &built.schemas, (&built.vi, &built.en), &key)
            .map_err(told)?;
        let package = Package::open_unsigned(bytes).map_err(told)?;
        package.prove(&Ceiling::embedded().context("the host's policy")?).verdict().map_err(told)?;
        let manifest = package.manifest();
        let path = self.out.unwrap_or_else(|| PathBuf::from(format!("{}-{}.wasm", manifest.id, manifest.version)));
        std::fs::write(&path, package.bytes()).with_context(|| format!("{} cannot be written", path.display()))?;
        out.say(format_args!("{}: {} bytes, {}", path.display(), package.bytes().len(), package.digest()));
        out.json(&json!({ "file": path, "bytes": package.bytes().len(), "digest": package.digest().to_string(), "pilot": manifest.pilot_version().to_string() }));
        Ok(())
    }
}

struct Folder {
    component: Vec<u8>,
    manifest: String,
    schemas: String,
    vi: String,
    en: String,
}

async fn build_folder(folder: &Path) -> anyhow::Result<Folder> {
    // The build runs in a folder of its own choosing, so what is given must not depend on where we stand.
    let folder = &folder.canonicalize().with_context(|| format!("{} is no folder", folder.display()))?;
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))
    };
    let manifest_text = read("pilot.toml")?;
    // Its errors name file, line and key; they come before the compiler's.
    let manifest = match Manifest::parse(&folder.join("pilot.toml").display().to_string(), &manifest_text) {
        Ok(manifest) => manifest,
        Err(error) => bail!("{error}"),
    };
    let mut say = |line: &str| note(format_args!("… {line}"));
    let toolchain = Toolchain::find(folder, None, None)?;
    let guest = Guest::read(folder)?;
    let target = folder.join("target").join("guests");
    let std = ensure_std(&toolchain, None, &target, &mut say)?;
    let order = Order { workspace: folder, guests: std::slice::from_ref(&guest), target_dir: &target };
    let built = build_guests(&toolchain, &std, order, &mut say)?;
    let built = built.first().context("the build made nothing")?;
    let core = std::fs::read(&built.core).context("the built module cannot be read")?;
    let component = packaging::component(&core)?;
    let schemas = describe(&component, &manifest).await?;
    Ok(Folder { component, manifest: manifest_text, schemas, vi: read("texts/vi.ftl")?, en: read("texts/en.ftl")? })
}

/// The trial, as the door makes it.
async fn describe(component: &[u8], manifest: &Manifest) -> anyhow::Result<String> {
    let machine = Machine::start()?;
    let scratch = tempfile_dir()?;
    let program = Program::Child(std::env::current_exe().context("the program's own path")?);
    let compiler =
        Compiler::new(scratch.join("compiled"), [0; 32], program).context("a folder for compiled components")?;
    let province = Arc::new(Province::generate(DEFAULT_SEED, TRIAL_PEOPLE, REFERENCE_DAY));
    let rows = Arc::new(records::Provider::Memory(records::Memory::default()));
    let providers = Arc::new(Providers::embedded(&province, rows, Arc::default()));
    let memory = manifest.limits.memory_kib as usize * 1024;
    let described = packaging::describe(component, &manifest.id, memory, &machine, &compiler, &providers).await;
    std::fs::remove_dir_all(&scratch).context("the scratch folder")?;
    Ok(described?)
}

fn tempfile_dir() -> anyhow::Result<PathBuf> {
    let path = std::env::temp_dir().join(format!("pilot-{}", uuid::Uuid::now_v7()));
    std::fs::create_dir(&path).with_context(|| format!("{} cannot be made", path.display()))?;
    Ok(path)
}

/// Scenarios
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  pilot test\n  pilot test plugins/08-lodging-hotels")]
pub(super) struct Test {
    /// The pilot's folder; when left out, the pilots that this program brings along
    folder: Option<PathBuf>,
}

impl Test {
    pub(super) async fn run(self, out: &mut Out) -> anyhow::Result<()> {
        let scratch = tempfile_dir()?;
        let program = Program::Child(std::env::current_exe().context("the program's own path")?);
        let harness = Harness::start(&scratch.join("compiled"), program)?;
        let mut reports = Vec::new();
        match &self.folder {
            Some(folder) => {
                let built = build_folder(folder).await?;
                let texts = (built.vi.as_str(), built.en.as_str());
                let ready = harness.pilot(&built.component, &built.manifest, &built.schemas, texts).await?;
                let scenarios = scenario_files(&folder.join("scenarios"))?;
                let scenarios = scenarios.iter().map(|(name, text)| (name.as_str(), text.as_str()));
                run_all(&harness, &ready, scenarios, out, &mut reports).await;
            }
            None => {
                for plugin in PLUGINS {
                    out.say(format_args!("{}", plugin.name));
                    let ready = harness.embedded(plugin).await.with_context(|| plugin.name)?;
                    run_all(&harness, &ready, plugin.scenarios.iter().copied(), out, &mut reports).await;
                }
            }
        }
        std::fs::remove_dir_all(&scratch).context("the scratch folder")?;
        out.json(&reports);
        let different = reports.iter().filter(|report| report.difference.is_some()).count();
        if different > 0 {
            bail!("{different} of {} scenarios came out otherwise than written", reports.len());
        }
        out.say(format_args!("{} scenarios, all as written", reports.len()));
        Ok(())
    }
}

async fn run_all<'a>(
    harness: &Harness,
    ready: &Ready,
    scenarios: impl Iterator<Item = (&'a str, &'a str)>,
    out: &mut Out,
    reports: &mut Vec<Report>,
) {
    for (name, text) in scenarios {
        let report = harness.run(ready, name, text).await;
        let mark = if report.difference.is_none() { "ok  " } else { "FAIL" };
        out.say(format_args!("  {mark} {name:<32} {:>5} ms  {}", report.milliseconds, report.says));
        if let Some(difference) = &report.difference {
            out.say(format_args!("       {difference}"));
        }
        reports.push(report);
    }
}

/// The scenario files of a folder by their names.
fn scenario_files(folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let listed = std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut files = Vec::new();
    for entry in listed {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            let text = std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, text));
        }
    }
    files.sort();
    if files.is_empty() {
        bail!("{} has no scenario: write one, a pilot's rules are proved by them", folder.display());
    }
    Ok(files)
}

/// Keys
#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// A new signing key (Ed25519, PKCS#8 PEM), readable by you only; its public half beside it
    New {
        /// Where to write it; FILE.pub gets the public half
        file: PathBuf,
    },
}

impl KeyCommand {
    pub(super) fn run(self, out: &mut Out) -> anyhow::Result<()> {
        let KeyCommand::New { file } = self;
        if file.exists() {
            bail!("{} exists already: name another file, a key is never overwritten", file.display());
        }
        let key = keys::generate()?;
        keys::write(&file, &key)?;
        let public = file.with_extension("pub");
        std::fs::write(&public, keys::public_pem(&key.verifying_key())?)
            .with_context(|| format!("{} cannot be written", public.display()))?;
        let id = keys::key_id(&key.verifying_key());
        out.say(format_args!(
            "key {id}: {} (keep it), {} (give it to the working group)",
            file.display(),
            public.display()
        ));
        out.json(&json!({ "id": id.to_string(), "private": file, "public": public }));
        Ok(())
    }
}
