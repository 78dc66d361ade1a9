//! A device under test: it has a key, signs what it reads, and may be told to sign otherwise than it should.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use pilothouse_registry::keys;
use pilothouse_registry::signed_request::{SignatureFields, Target, content_digest, sign};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::house::{House, Reply};

/// A reader with a key of its own.
pub struct Reader {
    key: SigningKey,
    /// How far its clock is ahead, in seconds.
    pub ahead: i64,
    /// The name by which it knows the house, as `http://NAME`; the house's address where it is none.
    pub name: Option<&'static str>,
    signed: u64,
}

/// The time of an event that lies this many seconds back, as a device writes it.
///
/// # Panics
/// Where the clock of this machine is out of its mind.
#[must_use]
pub fn seconds_ago(seconds: i64) -> String {
    (OffsetDateTime::now_utc() - time::Duration::seconds(seconds)).format(&Rfc3339).expect("a time of now")
}

/// One reading, as a device sends it.
#[must_use]
pub fn reading(reference: &str, card: &str, captured_at: &str) -> Value {
    json!({ "reference": reference, "captured_at": captured_at, "text": card })
}

impl Reader {
    /// A reader that nobody knows yet.
    ///
    /// # Panics
    /// Where the system has no randomness.
    #[must_use]
    pub fn new() -> Reader {
        Reader { key: keys::generate().expect("randomness"), ahead: 0, name: None, signed: 0 }
    }

    /// The id that the host knows it by.
    #[must_use]
    pub fn id(&self) -> String {
        keys::key_id(&self.key.verifying_key()).to_string()
    }

    /// What the working group sends to enrol it.
    ///
    /// # Panics
    /// Never: its key can be written.
    #[must_use]
    pub fn enrolment(&self, facility: &str, role: &str) -> Value {
        let public = keys::public_pem(&self.key.verifying_key()).expect("a key");
        json!({ "facility": facility, "role": role, "class": "desk-reader", "public_key": public })
    }

    /// A reader that is enrolled at a facility.
    pub async fn enrolled(house: &House, facility: &str, role: &str) -> Reader {
        let reader = Reader::new();
        let _device = house.post("working-group", "/v1/devices", &reader.enrolment(facility, role)).await.good();
        reader
    }

    /// Signs a body for a path of the house.
    pub fn sign(&mut self, house: &House, path: &str, body: &[u8]) -> SignatureFields {
        self.signed += 1;
        let created = OffsetDateTime::now_utc().unix_timestamp() + self.ahead;
        let uri = format!("{}{path}", self.name.unwrap_or(house.address()));
        let target = Target { method: "POST", uri: &uri };
        sign(&self.key, target, body, created, &format!("{:016x}", self.signed))
    }

    /// Signs a body as another program would: these components beside method, address and digest, with the values that the
    /// request has of them, and these further parameters.
    pub fn sign_more(
        &mut self,
        house: &House,
        path: &str,
        body: &[u8],
        more: &[(&str, &str)],
        parameters: &str,
    ) -> SignatureFields {
        let (content_digest, uri) = (content_digest(body), format!("{}{path}", self.name.unwrap_or(house.address())));
        self.signed += 1;
        let created = OffsetDateTime::now_utc().unix_timestamp() + self.ahead;
        let (id, nonce) = (self.id(), self.signed);
        let own = [("@method", "POST"), ("@target-uri", uri.as_str()), ("content-digest", content_digest.as_str())];
        let all = [&own[..], more].concat();
        let names: Vec<String> = all.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let signed =
            format!("({});created={created};keyid=\"{id}\";nonce=\"{nonce:016x}\"{parameters}", names.join(" "));
        let lines: String = all.iter().map(|(name, value)| format!("\"{name}\": {value}\n")).collect();
        let base = format!("{lines}\"@signature-params\": {signed}");
        let signature = STANDARD.encode(self.key.sign(base.as_bytes()).to_bytes());
        SignatureFields {
            content_digest,
            signature_input: format!("sig1={signed}"),
            signature: format!("sig1=:{signature}:"),
        }
    }

    /// Sends a body, signed.
    ///
    /// # Panics
    /// Where nobody answers.
    pub async fn send(&mut self, house: &House, path: &str, body: &Value) -> Reply {
        let body = body.to_string().into_bytes();
        let fields = self.sign(house, path, &body);
        send(house, path, &fields, body).await.expect("the host answers")
    }
}

impl Default for Reader {
    fn default() -> Reader {
        Reader::new()
    }
}

/// Sends a body with a signature, whether it belongs to it or not.
///
/// # Errors
/// Where nobody answers, or the answer breaks off.
pub async fn send(house: &House, path: &str, fields: &SignatureFields, body: Vec<u8>) -> Result<Reply, reqwest::Error> {
    let fields = [
        ("content-digest", fields.content_digest.clone()),
        ("signature-input", fields.signature_input.clone()),
        ("signature", fields.signature.clone()),
    ];
    house.post_with(path, &fields, body).await
}
