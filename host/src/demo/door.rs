//! The front door as a desk or a device uses it: it asks until it is answered, under the same reference.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use reqwest::Method;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::introduction::{address_of, introduced};
use crate::signing::signed_now;

/// How long a desk waits before it asks again.
const PAUSE: Duration = Duration::from_millis(200);
/// What asks for the same request again (RFC 9110, 15): too early, busy, not kept, too slow.
const AGAIN: [u16; 3] = [429, 503, 504];

/// Where the host is.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// Where its data folder says: it may come back at another port.
    Folder(PathBuf),
    /// At a fixed address.
    Address(String),
}

/// Who asks.
#[derive(Clone)]
pub(crate) enum Asker {
    /// A desk or an officer, with a token.
    Token(String),
    /// A device, with its key.
    Device(Box<SigningKey>),
}

/// Why nobody answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DoorError {
    /// Nobody within the patience of a desk.
    #[error("no host answered within {seconds} seconds: start one with `pilot up`, or name another with --host")]
    Nobody {
        /// How long it was asked.
        seconds: u64,
    },
    /// No client or nonce.
    #[error("this machine gave no connection or random bytes: try again")]
    Machine,
    /// The host refused what the day needs before it begins.
    #[error("the day cannot begin: {path} answered {status} {kind}; use an officer's token")]
    Refused {
        /// What was asked.
        path: String,
        /// The HTTP status.
        status: u16,
        /// The problem's type.
        kind: String,
    },
}

/// The front door.
pub(crate) struct Door {
    place: Place,
    /// The address at which the folder's host was met.
    met: Mutex<Option<String>>,
    http: reqwest::Client,
    patience: Duration,
}

/// Whether the same is to be asked once more: by a device also in the second in which the host fell, signed anew.
fn is_again(status: u16, value: &Value) -> bool {
    AGAIN.contains(&status) || value.get("type").and_then(Value::as_str) == Some("/problems/device-replayed")
}

impl Door {
    /// A door that is knocked at for so long.
    pub(crate) fn new(place: Place, patience: Duration) -> Result<Door, DoorError> {
        let http =
            reqwest::Client::builder().timeout(Duration::from_secs(70)).build().map_err(|_| DoorError::Machine)?;
        Ok(Door { place, met: Mutex::new(None), http, patience })
    }

    /// Where to ask; none while the host of the folder is away. It shows that it is that one when it is met first, and again whenever
    /// it moved or was away.
    async fn address(&self) -> Option<String> {
        let folder = match &self.place {
            Place::Address(address) => return Some(address.trim_end_matches('/').to_owned()),
            Place::Folder(folder) => folder,
        };
        let mut met = self.met.lock().await;
        let address = address_of(folder).ok()?;
        if met.as_ref() != Some(&address) {
            *met = introduced(&self.http, folder).await.ok();
        }
        met.as_ref().map(|address| format!("http://{address}"))
    }

    /// Asks until the host answers something else than "again".
    pub(crate) async fn ask(
        &self,
        method: Method,
        asker: &Asker,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(u16, Value), DoorError> {
        let begun = Instant::now();
        loop {
            let answer = self.once(method.clone(), asker, path, body).await?;
            match answer {
                Some((status, value)) if !is_again(status, &value) => return Ok((status, value)),
                _ if begun.elapsed() < self.patience => tokio::time::sleep(PAUSE).await,
                Some(answer) => return Ok(answer),
                None => return Err(DoorError::Nobody { seconds: self.patience.as_secs() }),
            }
        }
    }

    /// Once; none where nobody answered, or the answer broke off.
    async fn once(
        &self,
        method: Method,
        asker: &Asker,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Option<(u16, Value)>, DoorError> {
        let Some(address) = self.address().await else { return Ok(None) };
        let uri = format!("{address}{path}");
        let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let mut request = self.http.request(method, &uri);
        match asker {
            Asker::Token(token) => request = request.bearer_auth(token),
            Asker::Device(key) => {
                let fields = signed_now(key, &uri, &bytes, 0).map_err(|_| DoorError::Machine)?;
                request = request
                    .header("content-digest", fields.content_digest)
                    .header("signature-input", fields.signature_input)
                    .header("signature", fields.signature);
            }
        }
        if body.is_some() {
            request = request.header("content-type", "application/json").body(bytes);
        }
        let Ok(response) = request.send().await else {
            *self.met.lock().await = None;
            return Ok(None);
        };
        let status = response.status().as_u16();
        let Ok(text) = response.text().await else { return Ok(None) };
        Ok(Some((status, serde_json::from_str(&text).unwrap_or(Value::String(text)))))
    }
}
