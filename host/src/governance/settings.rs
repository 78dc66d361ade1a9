//! Settings: what a department chooses for its pilot, typed by the manifest, with their history.

use pilothouse_registry::PilotId;
use pilothouse_store::StateChange;
use serde_json::{Map, Value};

use super::records::Change;
use super::turns::to_its_end;
use super::views::{SettingLine, SettingsView};
use super::{Caller, House, HouseError};

/// Revisions of settings that are shown.
const HISTORY: u32 = 50;

impl House {
    /// A department's settings of its pilot, with their history.
    ///
    /// # Errors
    /// Where there is no such pilot.
    pub async fn settings(&self, id: &PilotId) -> Result<SettingsView, HouseError> {
        let version = self.version(id)?;
        let values = self.settings_of(id, &version.manifest).await?;
        let history = self.0.store.settings().history(id.as_str(), HISTORY).await?;
        let revision = history.first().map_or(0, |setting| setting.revision);
        let line = |setting: pilothouse_store::settings::Setting| SettingLine {
            revision: setting.revision,
            by: setting.changed_by,
            at: setting.at,
            values: setting.body,
        };
        Ok(SettingsView { revision, values, history: history.into_iter().map(line).collect() })
    }

    /// Changes settings, checked against the manifest's types. `null` sets a key back to its default.
    ///
    /// # Errors
    /// The first key that does not fit; nothing is changed then.
    pub async fn set_settings(
        &self,
        by: &Caller,
        id: &PilotId,
        seen: Option<i64>,
        changes: Map<String, Value>,
    ) -> Result<SettingsView, HouseError> {
        let (house, by, id) = (self.clone(), by.clone(), id.clone());
        to_its_end(async move { house.change_settings(&by, &id, seen, changes).await }).await
    }

    async fn change_settings(
        &self,
        by: &Caller,
        id: &PilotId,
        seen: Option<i64>,
        changes: Map<String, Value>,
    ) -> Result<SettingsView, HouseError> {
        let turn = self.turn(id).await;
        let version = self.version(id)?;
        let current = self.0.store.settings().current(id.as_str()).await?;
        let revision = current.as_ref().map_or(0, |setting| setting.revision);
        if seen.is_some_and(|seen| seen != revision) {
            return Err(HouseError::Stale("the settings"));
        }
        let mut values = current.and_then(|setting| setting.body.as_object().cloned()).unwrap_or_default();
        let changed: Vec<String> = changes.keys().cloned().collect();
        for (key, value) in changes {
            if value.is_null() {
                values.remove(&key);
            } else {
                values.insert(key, value);
            }
        }
        let checked = version.manifest.config.check(&values);
        checked.map_err(|error| HouseError::Setting { key: error.key().to_owned(), message: error.to_string() })?;
        let row = StateChange::Setting {
            pilot: id.to_string(),
            body: Value::Object(values),
            changed_by: by.credential.clone(),
            seen: revision,
        };
        let keys = pilothouse_registry::escape_name(&changed.join(" "));
        let detail = vec![("revision", (revision + 1).to_string()), ("keys", keys)];
        let change = Change { by, subject: "setting", of: id.to_string(), action: "set", detail };
        self.keep_change(change, vec![row]).await?;
        self.relink(&turn).await?;
        self.settings(id).await
    }
}
