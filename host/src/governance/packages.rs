//! Packages: taken in through the door, tried out, stored; not enabled.

use pilothouse_registry::Package;
use pilothouse_store::StateChange;
use serde_json::{Value, json};

use super::approvals::rights_of;
use super::credentials::roles;
use super::records::Change;
use super::turns::{Turn, to_its_end};
use super::views::Installed;
use super::{Caller, House, HouseError, now, packaging};

impl House {
    /// Takes a package in: through every check of the door, stored, not enabled.
    ///
    /// # Errors
    /// The first check that it fails; nothing is kept then.
    pub async fn install(&self, by: &Caller, package: Vec<u8>) -> Result<Installed, HouseError> {
        let (house, by) = (self.clone(), by.clone());
        to_its_end(async move { house.install_as(&by, package, false).await }).await
    }

    pub(crate) async fn install_as(&self, by: &Caller, bytes: Vec<u8>, replace: bool) -> Result<Installed, HouseError> {
        let at = now();
        let trust = self.0.trust.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let package = Package::open(bytes, &trust, at)?;
        package.prove(&self.0.ceiling).verdict()?;
        let manifest = package.manifest().clone();
        self.is_owned(&manifest).await?;
        // The trial: compiled in the limited child, instantiated with nothing, asked what it is.
        let memory = manifest.limits.memory_kib as usize * 1024;
        let described = packaging::describe(
            package.bytes(),
            &manifest.id,
            memory,
            &self.0.machine,
            &self.0.compiler,
            &self.0.providers,
        )
        .await?;
        let described: Value = serde_json::from_str(&described).map_err(|_| HouseError::Describes)?;
        if described != serde_json::to_value(package.schemas()).unwrap_or_default() {
            return Err(HouseError::Describes);
        }
        let (id, version) = (manifest.id.clone(), manifest.version.to_string());
        let digest = package.digest().to_string();
        // What takes its time is done: from here on it is about what the pilot is.
        let turn = self.turn(&id).await;
        // Another vendor's may have come first meanwhile.
        self.is_owned(&manifest).await?;
        let known = self.0.store.pilots().package(id.as_str(), &version).await?;
        let stored_version = match known {
            Some(known) if known.digest == digest => None,
            Some(_) if !replace => return Err(HouseError::VersionExists { pilot: id, version }),
            // A build of the host's own under a version that is known: kept beside it, named by its content.
            Some(_) => Some(format!(
                "{version}+{}",
                digest.chars().filter(char::is_ascii_hexdigit).take(8).collect::<String>()
            )),
            None => Some(version.clone()),
        };
        self.0.packages.put(&package)?;
        if let Some(stored) = stored_version
            && self.0.store.pilots().package(id.as_str(), &stored).await?.is_none()
        {
            let row = StateChange::Package {
                pilot: id.to_string(),
                version: stored.clone(),
                digest: digest.clone(),
                vendor: manifest.vendor.to_string(),
                body: json!({ "model": manifest.model.get(), "roles": roles(&manifest) }),
            };
            let detail = vec![("version", stored), ("digest", digest.clone()), ("vendor", manifest.vendor.to_string())];
            let change = Change { by, subject: "package", of: id.to_string(), action: "install", detail };
            self.keep_change(change, vec![row]).await?;
        }
        let stored = self.0.store.grants().of_pilot(id.as_str()).await?;
        let mut grants = rights_of(stored, &manifest.vendor)?;
        grants.retain(|grant| at < grant.expires);
        let opens = self.beyond_approved(&self.approvals(&id).await?, &package)?;
        let covered = package.prove(&self.0.ceiling).with_grants(&grants);
        let waits = covered.rows.iter().filter(|row| row.imported && row.granted == Some(false));
        let waits_for = waits.map(|row| row.function.to_string()).collect();
        if self.0.store.pilots().find(id.as_str()).await?.is_none() {
            self.register(by, &turn, &version, &digest).await?;
        }
        Ok(Installed { id, version, digest, state: "installed", waits_for, opens })
    }

    /// A pilot's first version: known to the house, switched off.
    async fn register(&self, by: &Caller, turn: &Turn, version: &str, digest: &str) -> Result<(), HouseError> {
        let id = turn.pilot();
        let row = StateChange::Pilot {
            pilot: id.to_string(),
            version: version.to_owned(),
            package: digest.to_owned(),
            state: "off".to_owned(),
            body: json!({}),
            seen: 0,
        };
        let change = Change {
            by,
            subject: "pilot",
            of: id.to_string(),
            action: "register",
            detail: vec![("version", version.to_owned())],
        };
        self.keep_change(change, vec![row]).await?;
        self.relink(turn).await
    }
}
