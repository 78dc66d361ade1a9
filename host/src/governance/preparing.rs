//! Making a stored version ready: compiled, linked with what it was granted, its schemas, words and settings parsed.

use std::sync::Arc;

use pilothouse_evidence::Digest;
use pilothouse_registry::{Effective, Manifest, Package, PilotId};
use pilothouse_runtime::people::PilotKeys;
use pilothouse_runtime::{Pilot, Terms};
use pilothouse_store::settings::Setting;
use pilothouse_store::standing::Standing;
use serde_json::{Map, Value};

use super::approvals::rights_of;
use super::opening::Progress;
use super::running::{Lasting, Running, names, operations};
use super::service::rotation;
use super::wording::Words;
use super::{House, HouseError, parse};

impl House {
    pub(super) async fn start_pilots(&self, progress: &dyn Progress) -> Result<(), HouseError> {
        for pilot in self.0.store.pilots().all().await? {
            let id: PilotId = parse("pilot", &pilot.pilot)?;
            if self.0.running.load().contains_key(&id) {
                continue;
            }
            progress.step(&format!("linking {id} {}", pilot.version));
            self.relink(&self.turn(&id).await).await?;
        }
        Ok(())
    }

    /// A version made ready, as the pilot stood at one moment: compiled or from the cache, linked with exactly what it was granted, its
    /// schemas and words parsed.
    pub(super) async fn prepare(&self, standing: &Standing, package: &str) -> Result<Running, HouseError> {
        let id: PilotId = parse("pilot", &standing.pilot.pilot)?;
        let digest: pilothouse_registry::Digest = parse("package", package)?;
        let bytes = self.0.packages.get(&digest)?;
        // It passed the door when it was taken in; its key may have been revoked since, which stops new packages, not this one.
        let package = Package::open_unsigned(bytes)?;
        let manifest = package.manifest().clone();
        let grants = rights_of(standing.grants.iter().cloned(), &manifest.vendor)?;
        let rights = Arc::new(Effective::new(&manifest.capabilities, &grants, &self.0.ceiling));
        let rights_json = serde_json::to_vec(rights.as_ref()).map_err(|error| HouseError::Policy(error.to_string()))?;
        let settings = in_force(standing.settings.as_ref(), &manifest)?;
        let Lasting { switch, budgets, refused } = self.lasting(&id);
        let terms = Terms {
            id: Arc::from(id.as_str()),
            rights: Arc::clone(&rights),
            keys: Arc::new(PilotKeys::new(&self.0.secret, &id, rotation(standing)?)),
            budgets,
            deadline: std::time::Duration::from_millis(u64::from(manifest.limits.deadline_ms)),
            memory: manifest.limits.memory_kib as usize * 1024,
        };
        let component = self.0.compiler.component(self.0.machine.engine(), package.bytes()).await?;
        let pilot = Pilot::new(self.0.machine.engine(), &component, terms).ok();
        let settings_text: Arc<str> = Arc::from(Value::Object(settings).to_string());
        Ok(Running {
            package: Digest::of(package.bytes()),
            as_of: standing.as_of,
            switch,
            refused,
            pilot,
            rights_digest: Digest::of(&rights_json),
            settings_digest: Digest::of(settings_text.as_bytes()),
            settings: settings_text,
            operations: operations(&package),
            words: Words::new(package.texts()),
            names: names(&package),
            manifest,
        })
    }

    /// The settings in force: the department's over the manifest's defaults.
    pub(crate) async fn settings_of(
        &self,
        id: &PilotId,
        manifest: &Manifest,
    ) -> Result<Map<String, Value>, HouseError> {
        in_force(self.0.store.settings().current(id.as_str()).await?.as_ref(), manifest)
    }
}

fn in_force(set: Option<&Setting>, manifest: &Manifest) -> Result<Map<String, Value>, HouseError> {
    let values = set.and_then(|set| set.body.as_object().cloned()).unwrap_or_default();
    // A key that a newer version no longer has is left out; it stays in the history.
    let known: Map<String, Value> =
        values.into_iter().filter(|(key, _)| manifest.config.settings.contains_key(key.as_str())).collect();
    manifest
        .config
        .check(&known)
        .map_err(|error| HouseError::Setting { key: error.key().to_owned(), message: error.to_string() })
}
