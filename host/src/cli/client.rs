//! Speaking with a host: where it is, with which token, and what its answers mean.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use ed25519_dalek::SigningKey;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::CliError;
use crate::demo::Place;
use crate::introduction::introduced;
use crate::signing::signed_now;

/// Default data folder.
const DATA: &str = "pilothouse-data";

/// Which host, and as whom.
#[derive(Debug, Clone, Args)]
pub(super) struct Connection {
    /// Data folder of a host on this machine: its address and the officer's token are read there. `audit verify` and `replay` open it
    /// themselves when no host runs on it
    #[arg(long, global = true, env = "PILOT_DATA", value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Address of the host, as http://HOST:PORT
    #[arg(long, global = true, env = "PILOT_HOST", value_name = "URL")]
    host: Option<String>,
}

/// A host, spoken with.
pub(super) struct Client {
    place: Place,
    /// Found at the first request.
    address: OnceCell<String>,
    token: String,
    http: reqwest::Client,
}

impl Connection {
    /// The data folder.
    pub(super) fn data(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| PathBuf::from(DATA))
    }

    /// Whether the folder was named, and no host: then it is what is asked about, whether or not a host runs on it.
    pub(super) fn names_folder(&self) -> bool {
        self.data.is_some() && self.host.is_none()
    }

    /// A client as the officer of the data folder, or as the token of the environment.
    pub(super) fn client(&self) -> Result<Client, CliError> {
        self.client_with(self.token()?)
    }

    /// The token of the environment, or of the data folder's officer.
    pub(super) fn token(&self) -> Result<String, CliError> {
        if let Some(token) = own_token() {
            return Ok(token);
        }
        // The token of a folder is for the host of that folder, and no other address is known to be its host.
        if self.host.is_some() {
            return Err(anyhow::anyhow!("no token: set PILOT_TOKEN for the host that --host names").into());
        }
        let path = self.data().join("admin.token");
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!(
                "no token: set PILOT_TOKEN, or name the data folder of a host on this machine with --data ({} cannot be read)",
                path.display()
            )
        })?;
        Ok(text.trim().to_owned())
    }

    /// Where the host is, for who asks again while it is away.
    pub(super) fn place(&self) -> Place {
        self.host.as_deref().map_or_else(|| Place::Folder(self.data()), |host| Place::Address(with_scheme(host)))
    }

    /// A client with this token.
    pub(super) fn client_with(&self, token: String) -> Result<Client, CliError> {
        let http = reqwest::Client::builder()
            .timeout(std::time::Duration::from_secs(120))
            .build()
            .context("no HTTP client")?;
        Ok(Client { place: self.place(), address: OnceCell::new(), token, http })
    }
}

/// `127.0.0.1:8179` is as good as `http://127.0.0.1:8179`.
fn with_scheme(host: &str) -> String {
    if host.contains("://") { host.to_owned() } else { format!("http://{host}") }
}

/// The token that who calls brings along.
fn own_token() -> Option<String> {
    std::env::var("PILOT_TOKEN").ok().map(|token| token.trim().to_owned())
}

impl Client {
    /// Where the host is. The host of a data folder has shown that it is that one before anything is sent to it.
    async fn address(&self) -> Result<&str, CliError> {
        let found = self.address.get_or_try_init(async || match &self.place {
            Place::Address(address) => Ok(address.trim_end_matches('/').to_owned()),
            Place::Folder(folder) => introduced(&self.http, folder).await.map(|address| format!("http://{address}")),
        });
        Ok(found.await.map_err(CliError::NotTheHost)?)
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, CliError> {
        self.send(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, CliError> {
        self.send(Method::POST, path, Some(body)).await
    }

    pub(super) async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, CliError> {
        let mut request =
            self.http.request(method, format!("{}{path}", self.address().await?)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.answer(request).await
    }

    pub(super) async fn send_bytes(&self, path: &str, bytes: Vec<u8>) -> Result<Value, CliError> {
        let request = self.http.post(format!("{}{path}", self.address().await?)).bearer_auth(&self.token);
        self.answer(request.header("content-type", "application/wasm").body(bytes)).await
    }

    /// Sends a body as a device, signed with its key by a clock that is so many seconds ahead; the host's problem is an answer like
    /// another.
    pub(super) async fn send_signed(
        &self,
        key: &SigningKey,
        path: &str,
        body: &Value,
        ahead: i64,
    ) -> Result<(StatusCode, Value), CliError> {
        let (uri, body) = (format!("{}{path}", self.address().await?), body.to_string());
        let fields = signed_now(key, &uri, body.as_bytes(), ahead)
            .map_err(|_| anyhow::anyhow!("the system gave no random bytes: try again"))?;
        let request = self.http.post(&uri).header("content-type", "application/json");
        let request = request
            .header("content-digest", fields.content_digest)
            .header("signature-input", fields.signature_input)
            .header("signature", fields.signature);
        self.read(request.body(body)).await
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Result<Value, CliError> {
        let (status, value) = self.read(request).await?;
        if status.is_success() { Ok(value) } else { Err(refused(status, &value)) }
    }

    async fn read(&self, request: reqwest::RequestBuilder) -> Result<(StatusCode, Value), CliError> {
        let address = self.address().await?;
        let away = |source| CliError::NotReachable { address: address.to_owned(), source };
        let response = request.send().await.map_err(away)?;
        let status = response.status();
        let text = response.text().await.map_err(away)?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }
}

/// What the host's problem says, as an error of the command line.
pub(super) fn refused(status: StatusCode, problem: &Value) -> CliError {
    let text = |name: &str| problem.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut said = format!("{} ({})", text("detail"), status.as_u16());
    if text("detail").is_empty() {
        said = format!("the host answered {status}: {}", problem.as_str().unwrap_or_default());
    }
    for error in problem.get("errors").and_then(Value::as_array).into_iter().flatten() {
        let part = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
        said.push_str(&format!("\n  {}: {}", part("pointer"), part("message")));
    }
    if status == StatusCode::UNAUTHORIZED {
        said.push_str("\n  on the command line the token comes from PILOT_TOKEN, or from admin.token of the data folder that --data names");
    }
    for wider in problem.get("wider").and_then(Value::as_array).into_iter().flatten() {
        said.push_str(&format!("\n  {}", wider.get("en").and_then(Value::as_str).unwrap_or_default()));
    }
    let exit = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::CONFLICT => 3,
        _ => 1,
    };
    CliError::Host { exit, text: said }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_named_with_or_without_its_scheme() {
        assert_eq!(with_scheme("127.0.0.1:8201"), "http://127.0.0.1:8201");
        assert_eq!(with_scheme("https://pilot.example"), "https://pilot.example");
    }
}
