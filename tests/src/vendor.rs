//! A vendor whose key the house trusts, and the way of its pilots into service: package, request, two approvals, enable.

use ed25519_dalek::SigningKey;
use pilothouse_registry::{Package, keys};
use serde_json::{Value, json};

use crate::house::{House, Reply};
use crate::zoo::{self, Specimen};

/// Who asks for grants.
pub const REQUESTER: &str = "working-group";
/// Who approves them: two others.
pub const APPROVERS: [&str; 2] = ["second officer", "third officer"];

/// A vendor of hostile components.
pub struct Vendor {
    name: &'static str,
    key: SigningKey,
}

impl Vendor {
    /// A vendor with a key of its own, which nobody trusts yet.
    ///
    /// # Panics
    /// Where the system has no randomness.
    #[must_use]
    pub fn new(name: &'static str) -> Vendor {
        Vendor { name, key: keys::generate().expect("a key") }
    }

    /// The public half of the key.
    ///
    /// # Panics
    /// Never for a key that was generated.
    #[must_use]
    pub fn public_pem(&self) -> String {
        keys::public_pem(&self.key.verifying_key()).expect("a public key as text")
    }

    /// Has the working group trust its key.
    pub async fn trusted(self, house: &House) -> Vendor {
        let body = json!({ "vendor": self.name, "public_key": self.public_pem(), "valid_days": 30 });
        let _id = house.post(REQUESTER, "/v1/vendor-keys", &body).await.good();
        self
    }

    /// A specimen as this vendor sends it in.
    ///
    /// # Panics
    /// Where the specimen cannot be packed: those that the door refuses are for other tests.
    #[must_use]
    pub fn package(&self, specimen: &Specimen) -> Vec<u8> {
        let component = specimen.component().expect("a component");
        let package = Package::build(&component, &specimen.manifest(self.name), zoo::SCHEMAS, zoo::TEXTS);
        Package::sign(package.expect("a package"), &self.key).expect("a signed package")
    }

    /// A specimen with another manifest, as this vendor sends it in.
    ///
    /// # Panics
    /// As [`Vendor::package`].
    #[must_use]
    pub fn package_as(&self, specimen: &Specimen, change: impl FnOnce(String) -> String) -> Vec<u8> {
        let component = specimen.component().expect("a component");
        let package = Package::build(&component, &change(specimen.manifest(self.name)), zoo::SCHEMAS, zoo::TEXTS);
        Package::sign(package.expect("a package"), &self.key).expect("a signed package")
    }

    /// The id of its key.
    #[must_use]
    pub fn key_id(&self) -> String {
        keys::key_id(&self.key.verifying_key()).to_string()
    }

    /// Brings a specimen all the way into service.
    ///
    /// # Panics
    /// Where any step of it is refused.
    pub async fn brings(&self, house: &House, specimen: &Specimen) {
        let installed = house.install(self.package(specimen)).await;
        assert_eq!(installed.status, 201, "{}: {}", specimen.name, installed.text);
        for grant in house.post(REQUESTER, &format!("/v1/pilots/{}/grants", specimen.name), &json!({})).await.list() {
            let approve = format!("/v1/grants/{}/approve", grant["id"].as_str().expect("an id"));
            for officer in APPROVERS {
                let _approved = house.post(officer, &approve, &json!({})).await.good();
            }
        }
        let enabled = house.post(REQUESTER, &format!("/v1/pilots/{}/enable", specimen.name), &json!({})).await.good();
        assert_eq!(enabled["state"]["is"], "on", "{}", specimen.name);
    }
}

impl Reply {
    /// The list that a good answer is.
    ///
    /// # Panics
    /// Where it is another.
    #[must_use]
    pub fn list(self) -> Vec<Value> {
        let Value::Array(list) = self.good() else { panic!("no list") };
        list
    }
}

/// The token of a new credential that may call specimens.
///
/// # Panics
/// Where the house gives none.
pub async fn keeper(house: &House) -> String {
    let of = json!({ "role": zoo::ROLE, "unit": "18880" });
    let given = house.post(REQUESTER, "/v1/credentials", &of).await.good();
    given["token"].as_str().expect("a token").to_owned()
}
