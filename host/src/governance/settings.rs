//! Settings: what a department chooses for its pilot, typed by the manifest, with their history.

use pilothouse_registry::PilotId;
use pilothouse_store::StateChange;
use serde_json::{Map, Value};

use super::approvals::Sought;
use super::records::Change;
use super::turns::to_its_end;
use super::views::{SettingLine, SettingsView};
use super::{Caller, House, HouseError};

/// Revisions of settings that are shown.
const HISTORY: u32 = 50;

/// What became of a change of settings.
#[derive(Debug)]
pub enum SettingsChange {
    /// They are in force.
    Set(SettingsView),
    /// They widen what is shown, and wait for two officers; nothing was changed.
    Waits(Box<Sought>),
}

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

    /// Changes settings, checked against the manifest's types. `null` sets a key back to its default. What widens what is shown is only
    /// asked for: two officers approve it, and it is set with the second approval.
    ///
    /// # Errors
    /// The first key that does not fit, or a department that does not answer for the pilot; nothing is changed then.
    pub async fn set_settings(
        &self,
        by: &Caller,
        id: &PilotId,
        seen: Option<i64>,
        changes: Map<String, Value>,
    ) -> Result<SettingsChange, HouseError> {
        let (house, by, id) = (self.clone(), by.clone(), id.clone());
        to_its_end(async move { house.change_settings(&by, &id, seen, changes).await }).await
    }

    async fn change_settings(
        &self,
        by: &Caller,
        id: &PilotId,
        seen: Option<i64>,
        changes: Map<String, Value>,
    ) -> Result<SettingsChange, HouseError> {
        self.answers_for(by, id).await?;
        let turn = self.turn(id).await;
        let version = self.version(id)?;
        let current = self.0.store.settings().current(id.as_str()).await?;
        let revision = current.as_ref().map_or(0, |setting| setting.revision);
        if seen.is_some_and(|seen| seen != revision) {
            return Err(HouseError::Stale("the settings"));
        }
        let row = self.settings_row(by, id, &changes).await?;
        // Back to the default is back to what two have approved with the build.
        let widens = changes.iter().any(|(key, value)| {
            let setting = version.manifest.config.settings.get(key.as_str());
            !value.is_null() && setting.is_some_and(|setting| setting.is_widened_by(value))
        });
        if widens {
            let asked = self.seek_settings(by, id, &version.manifest, changes).await?;
            return Ok(SettingsChange::Waits(Box::new(asked)));
        }
        let keys = pilothouse_registry::escape_name(&changes.keys().cloned().collect::<Vec<_>>().join(" "));
        let detail = vec![("revision", (revision + 1).to_string()), ("keys", keys)];
        let change = Change { by, subject: "setting", of: id.to_string(), action: "set", detail };
        self.keep_change(change, vec![row]).await?;
        self.relink(&turn).await?;
        Ok(SettingsChange::Set(self.settings(id).await?))
    }

    /// The row that keeps changed settings over those in force, checked.
    pub(super) async fn settings_row(
        &self,
        by: &Caller,
        id: &PilotId,
        changes: &Map<String, Value>,
    ) -> Result<StateChange, HouseError> {
        let version = self.version(id)?;
        let current = self.0.store.settings().current(id.as_str()).await?;
        let revision = current.as_ref().map_or(0, |setting| setting.revision);
        let mut values = current.and_then(|setting| setting.body.as_object().cloned()).unwrap_or_default();
        for (key, value) in changes {
            if value.is_null() {
                values.remove(key);
            } else {
                values.insert(key.clone(), value.clone());
            }
        }
        let checked = version.manifest.config.check(&values);
        checked.map_err(|error| HouseError::Setting { key: error.key().to_owned(), message: error.to_string() })?;
        Ok(StateChange::Setting {
            pilot: id.to_string(),
            body: Value::Object(values),
            changed_by: by.credential.clone(),
            seen: revision,
        })
    }

    /// The row that sets back to their defaults those of approved settings that still stand as they were approved; none where none does.
    pub(super) async fn settings_back(
        &self,
        by: &Caller,
        id: &PilotId,
        approved: &Map<String, Value>,
    ) -> Result<Option<StateChange>, HouseError> {
        let current = self.0.store.settings().current(id.as_str()).await?;
        let values = current.and_then(|setting| setting.body.as_object().cloned()).unwrap_or_default();
        let still = approved.iter().filter(|(key, value)| values.get(*key) == Some(*value));
        let back: Map<String, Value> = still.map(|(key, _)| (key.clone(), Value::Null)).collect();
        if back.is_empty() { Ok(None) } else { Ok(Some(self.settings_row(by, id, &back).await?)) }
    }
}
