//! What a change of state leaves in its record: for each row that it writes, the row's name and a digest of what stands in it under a
//! key. So whoever checks the record later holds the rows against it, and a row that was changed by hand is found and named.

use pilothouse_evidence::SealKey;
use pilothouse_runtime::keys::Secret;
use pilothouse_store::{StateChange, Store, StoreError};
use serde_json::{Value, json};

/// What begins the details that name rows.
pub(crate) const ROW: &str = "row-";
/// How much of a digest stands there: half of it binds as well as anything here needs to.
const DIGEST: usize = 32;

/// Digests of rows, of one installation.
pub(crate) struct States(SealKey);

/// A row and what is digested of it.
pub(crate) struct Fact {
    /// Its table and key.
    pub(crate) name: String,
    content: Value,
}

impl Fact {
    fn new(name: String, content: Value) -> Fact {
        Fact { name, content }
    }
}

impl States {
    pub(crate) fn new(secret: &Secret) -> States {
        States(SealKey::from_bytes(secret.derive("states")))
    }

    /// What a fact's digest is.
    pub(crate) fn digest(&self, fact: &Fact) -> String {
        let mut digest = self.0.commit(&fact.name, fact.content.to_string().as_bytes()).to_string();
        digest.truncate(DIGEST);
        digest
    }

    /// The details of a change that say what rows it leaves; its record is made at `at`.
    pub(crate) fn details(&self, changes: &[StateChange], at: i64) -> impl Iterator<Item = (String, String)> {
        let facts = changes.iter().flat_map(move |change| facts(change, at));
        facts.zip(1..).map(|(fact, n)| (format!("{ROW}{n}"), format!("{} {}", fact.name, self.digest(&fact))))
    }
}

/// The facts of one change. What a call does beside its pilot's own rows has a record of its own form, and none here.
fn facts(change: &StateChange, at: i64) -> Vec<Fact> {
    use StateChange as Change;
    match change {
        Change::Pilot { pilot, version, package, state, body, seen } => {
            vec![Fact::new(format!("pilots/{pilot}"), json!([version, package, state, body, seen + 1, at]))]
        }
        Change::Package { pilot, version, digest, vendor, body } => {
            vec![Fact::new(format!("packages/{pilot}/{version}"), json!([digest, vendor, body, at]))]
        }
        Change::Grant { id, pilot, capability, body, state, seen } => {
            vec![Fact::new(format!("grants/{id}"), json!([pilot, capability, body, state, seen + 1, at]))]
        }
        Change::Setting { pilot, body, changed_by, seen } => {
            vec![Fact::new(format!("settings/{pilot}/{}", seen + 1), json!([body, changed_by, at]))]
        }
        Change::CredentialAdded { id, kind, role, unit, facility, hash, body } => vec![
            Fact::new(format!("credentials/{id}"), json!([kind, role, unit, facility, hash, at])),
            Fact::new(format!("credentials/{id}/body"), json!(body)),
        ],
        Change::CredentialConfirmed { id, body } => {
            vec![Fact::new(format!("credentials/{id}/body"), json!(body))]
        }
        Change::CredentialRevoked { id } => vec![Fact::new(format!("credentials/{id}/revoked"), json!(at))],
        Change::DeviceEnrolled { id, class, role, unit, facility, public_key } => {
            vec![Fact::new(format!("devices/{id}"), json!([class, role, unit, facility, public_key, at]))]
        }
        Change::DeviceRevoked { id } => vec![Fact::new(format!("devices/{id}/revoked"), json!(at))],
        Change::VendorKeyAdded { id, vendor, public_key, valid_from, valid_to } => {
            vec![Fact::new(format!("vendor-keys/{id}"), json!([vendor, public_key, valid_from, valid_to]))]
        }
        Change::VendorKeyRevoked { id } => vec![Fact::new(format!("vendor-keys/{id}/revoked"), json!(at))],
        Change::Meta { key, value } => vec![Fact::new(format!("meta/{key}"), json!(value))],
        Change::KeyDestroyed { record_id } => vec![Fact::new(format!("sealed/{record_id}/destroyed"), json!(true))],
        _ => Vec::new(),
    }
}

/// Whether a fact's name says of something that it ended, once.
pub(crate) fn is_once(name: &str) -> bool {
    name.ends_with("/revoked") || name.ends_with("/destroyed")
}

/// The facts as the rows have them now.
pub(crate) async fn standing(store: &Store) -> Result<Vec<Fact>, StoreError> {
    let mut facts = Vec::new();
    for pilot in store.pilots().all().await? {
        let content = json!([pilot.version, pilot.package, pilot.state, pilot.body, pilot.revision, pilot.at]);
        facts.push(Fact::new(format!("pilots/{}", pilot.pilot), content));
        for package in store.pilots().packages(&pilot.pilot).await? {
            let content = json!([package.digest, package.vendor, package.body, package.at]);
            facts.push(Fact::new(format!("packages/{}/{}", package.pilot, package.version), content));
        }
        for setting in store.settings().history(&pilot.pilot, u32::MAX).await? {
            let content = json!([setting.body, setting.changed_by, setting.at]);
            facts.push(Fact::new(format!("settings/{}/{}", setting.pilot, setting.revision), content));
        }
    }
    for grant in store.grants().all().await? {
        let content = json!([grant.pilot, grant.capability, grant.body, grant.state, grant.revision, grant.at]);
        facts.push(Fact::new(format!("grants/{}", grant.id), content));
    }
    for known in store.credentials().all().await? {
        let content = json!([known.kind, known.role, known.unit, known.facility, known.hash, known.created]);
        facts.push(Fact::new(format!("credentials/{}", known.id), content));
        facts.push(Fact::new(format!("credentials/{}/body", known.id), known.body));
        let revoked = known.revoked.map(|at| Fact::new(format!("credentials/{}/revoked", known.id), json!(at)));
        facts.extend(revoked);
    }
    for device in store.devices().all().await? {
        let content =
            json!([device.class, device.role, device.unit, device.facility, device.public_key, device.enrolled]);
        facts.push(Fact::new(format!("devices/{}", device.id), content));
        facts.extend(device.revoked.map(|at| Fact::new(format!("devices/{}/revoked", device.id), json!(at))));
    }
    for key in store.vendors().keys().await? {
        let content = json!([key.vendor, key.public_key, key.valid_from, key.valid_to]);
        facts.push(Fact::new(format!("vendor-keys/{}", key.id), content));
        facts.extend(key.revoked.map(|at| Fact::new(format!("vendor-keys/{}/revoked", key.id), json!(at))));
    }
    for (key, value) in store.meta().all().await? {
        facts.push(Fact::new(format!("meta/{key}"), json!(value)));
    }
    Ok(facts)
}
