//! Making a stored version ready: compiled, linked with what it was granted, its schemas, words and settings parsed.

use std::collections::HashMap;
use std::sync::Arc;

use pilothouse_evidence::Digest;
use pilothouse_registry::{Effective, Package, PilotId};
use pilothouse_runtime::budgets::Budgets;
use pilothouse_runtime::people::PilotKeys;
use pilothouse_runtime::{Pilot, Terms};
use serde_json::{Map, Value};

use super::opening::Progress;
use super::running::{Running, operations};
use super::wording::Words;
use super::{House, HouseError, parse};

impl House {
    pub(super) async fn start_pilots(&self, progress: &dyn Progress) -> Result<(), HouseError> {
        let mut running = HashMap::new();
        for pilot in self.0.store.pilots().all().await? {
            let id: PilotId = parse("pilot", &pilot.pilot)?;
            progress.step(&format!("linking {id} {}", pilot.version));
            let version = self.prepare(&id, &pilot.package, None).await?;
            version.switch.set(pilot.state == "on");
            running.insert(id, Arc::new(version));
        }
        self.0.running.store(Arc::new(running));
        Ok(())
    }

    /// A version made ready: compiled or from the cache, linked with exactly what it was granted, its schemas and words parsed.
    pub(crate) async fn prepare(
        &self,
        id: &PilotId,
        package: &str,
        before: Option<&Running>,
    ) -> Result<Running, HouseError> {
        let digest: pilothouse_registry::Digest = parse("package", package)?;
        let bytes = self.0.packages.get(&digest)?;
        // It passed the door when it was taken in; its key may have been revoked since, which stops new packages, not this one.
        let package = Package::open_unsigned(bytes)?;
        let manifest = package.manifest().clone();
        let grants = self.grants(id).await?;
        let rights = Arc::new(Effective::new(&manifest.capabilities, &grants, &self.0.ceiling));
        let rights_json = serde_json::to_vec(rights.as_ref()).map_err(|error| HouseError::Policy(error.to_string()))?;
        let settings = self.settings_of(id, &manifest).await?;
        let budgets = before
            .and_then(|before| before.pilot.as_ref())
            .map_or_else(|| Arc::new(Budgets::default()), |pilot| Arc::clone(pilot.budgets()));
        let terms = Terms {
            id: Arc::from(id.as_str()),
            rights: Arc::clone(&rights),
            keys: Arc::new(PilotKeys::new(&self.0.secret, id, self.rotation(id).await?)),
            budgets,
            deadline: std::time::Duration::from_millis(u64::from(manifest.limits.deadline_ms)),
            memory: manifest.limits.memory_kib as usize * 1024,
        };
        let component = self.0.compiler.component(self.0.machine.engine(), package.bytes()).await?;
        let pilot = Pilot::new(self.0.machine.engine(), &component, terms).ok();
        let settings_text: Arc<str> = Arc::from(Value::Object(settings).to_string());
        Ok(Running {
            package: Digest::of(package.bytes()),
            switch: before.map_or_else(Arc::default, |before| Arc::clone(&before.switch)),
            pilot,
            rights_digest: Digest::of(&rights_json),
            settings_digest: Digest::of(settings_text.as_bytes()),
            settings: settings_text,
            operations: operations(&package),
            words: Words::new(package.texts()),
            manifest,
        })
    }

    /// The settings in force: the department's over the manifest's defaults.
    pub(crate) async fn settings_of(
        &self,
        id: &PilotId,
        manifest: &pilothouse_registry::Manifest,
    ) -> Result<Map<String, Value>, HouseError> {
        let set = self.0.store.settings().current(id.as_str()).await?;
        let values = set.and_then(|set| set.body.as_object().cloned()).unwrap_or_default();
        // A key that a newer version no longer has is left out; it stays in the history.
        let known: Map<String, Value> =
            values.into_iter().filter(|(key, _)| manifest.config.settings.contains_key(key.as_str())).collect();
        manifest
            .config
            .check(&known)
            .map_err(|error| HouseError::Setting { key: error.key().to_owned(), message: error.to_string() })
    }
}
