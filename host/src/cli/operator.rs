//! What officers, departments and auditors do on a running host, through its REST API.

use std::io::Read;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::CliError;
use super::client::{Client, Connection};
use super::grants::{Sure, told};
use super::out::Out;

pub(super) fn text<'v>(value: &'v Value, path: &str) -> &'v str {
    value.pointer(path).and_then(Value::as_str).unwrap_or("-")
}

pub(super) fn whole(value: &Value, path: &str) -> u64 {
    value.pointer(path).and_then(Value::as_u64).unwrap_or(0)
}

pub(super) fn list<'v>(value: &'v Value, path: &str) -> impl Iterator<Item = &'v Value> {
    value.pointer(path).and_then(Value::as_array).into_iter().flatten()
}

/// A file, or standard input for `-`.
fn read(path: &PathBuf) -> Result<Vec<u8>, CliError> {
    if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).context("standard input cannot be read")?;
        return Ok(bytes);
    }
    Ok(std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?)
}

pub(super) async fn models(client: &Client, out: &mut Out) -> Result<(), CliError> {
    let groups = client.get("/v1/models").await?;
    for group in groups.as_array().into_iter().flatten() {
        out.say(format_args!("{}. {}", whole(group, "/number"), text(group, "/name/en")));
        for model in list(group, "/models") {
            let (state, pilot) = (text(model, "/state/is"), text(model, "/pilot"));
            out.say(format_args!(
                "  {:>2}  {state:<12} {pilot:<20} {}",
                whole(model, "/number"),
                text(model, "/name/en")
            ));
        }
    }
    out.json(&groups);
    Ok(())
}

pub(super) async fn pilots(client: &Client, out: &mut Out) -> Result<(), CliError> {
    let pilots = client.get("/v1/pilots").await?;
    for pilot in pilots.as_array().into_iter().flatten() {
        let line = (text(pilot, "/id"), text(pilot, "/version"), text(pilot, "/state/is"));
        out.say(format_args!(
            "{:>2}  {:<26} {:<10} {:<12} {} calls, {} denials, {} faults",
            whole(pilot, "/model"),
            line.0,
            line.1,
            line.2,
            whole(pilot, "/calls"),
            whole(pilot, "/denials"),
            whole(pilot, "/faults")
        ));
    }
    out.json(&pilots);
    Ok(())
}

/// A pilot to be put to work
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  pilot enable lodging-hotels\n  pilot enable lodging-hotels --in-version 1.0.1")]
pub(super) struct Enable {
    /// Which pilot, such as `lodging-hotels`
    pilot: String,
    /// In which of its installed versions; the one that served last when left out
    #[arg(long, value_name = "VERSION")]
    in_version: Option<String>,
}

impl Enable {
    pub(super) async fn run(self, client: &Client, out: &mut Out) -> Result<(), CliError> {
        let action = match &self.in_version {
            Some(version) if version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte)) => {
                format!("enable?version={version}")
            }
            Some(version) => {
                return Err(anyhow::anyhow!("`{version}` is no version: give one as 1.0.1").into());
            }
            None => "enable".to_owned(),
        };
        Named { pilot: self.pilot }.switch(client, &action, out).await
    }
}

/// A pilot by its id
#[derive(Debug, Args)]
pub(super) struct Named {
    /// Which pilot, such as `lodging-hotels`
    pub(super) pilot: String,
}

impl Named {
    pub(super) async fn switch(self, client: &Client, action: &str, out: &mut Out) -> Result<(), CliError> {
        let done = client.post(&format!("/v1/pilots/{}/{action}", self.pilot), &json!({})).await?;
        let (version, state) = (text(&done, "/version"), text(&done, "/state/is"));
        out.say(format_args!(
            "{} {version} is {state}; calls under way end within {} ms",
            self.pilot,
            whole(&done, "/in_flight_until_ms")
        ));
        out.json(&done);
        Ok(())
    }
}

/// A pilot to be switched off
#[derive(Debug, Args)]
pub(super) struct Disable {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    sure: Sure,
}

impl Disable {
    pub(super) async fn run(self, client: &Client, out: &mut Out) -> Result<(), CliError> {
        self.sure.of(&format!(
            "{} is switched off at once, in all its units: desks go on as its page says. One officer may switch it on again.",
            self.named.pilot
        ))?;
        self.named.switch(client, "disable", out).await
    }
}

/// Keys of pseudonyms
#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Give every person another pseudonym for this pilot, from the next call on
    ///
    /// For when pseudonyms of a pilot have become known together with the people behind them. What the pilot has stored stays under the old
    /// pseudonyms: no call reaches it any more by its person, and retention takes it away. References that the pilot sealed are void, and
    /// people count anew against its daily budgets.
    #[command(after_help = "Example:\n  pilot keys rotate lodging-hotels")]
    Rotate(Named),
}

impl KeysCommand {
    pub(super) async fn run(self, client: &Client, out: &mut Out) -> Result<(), CliError> {
        let KeysCommand::Rotate(named) = self;
        let done = client.post(&format!("/v1/pilots/{}/keys/rotate", named.pilot), &json!({})).await?;
        out.say(format_args!(
            "{}: rotation {}; calls under way end within {} ms",
            named.pilot,
            whole(&done, "/rotation"),
            whole(&done, "/in_flight_until_ms")
        ));
        out.json(&done);
        Ok(())
    }
}

/// Settings
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Settings in force, and their history
    Show(Named),
    /// Change settings: KEY=VALUE, the value as JSON or plain text; KEY= sets it back to its default
    Set {
        /// Which pilot
        pilot: String,
        /// What to change
        #[arg(required = true, value_name = "KEY=VALUE")]
        changes: Vec<String>,
    },
}

impl ConfigCommand {
    pub(super) async fn run(self, client: &Client, out: &mut Out) -> Result<(), CliError> {
        let settings = match self {
            ConfigCommand::Show(named) => client.get(&format!("/v1/pilots/{}/settings", named.pilot)).await?,
            ConfigCommand::Set { pilot, changes } => {
                let mut values = Map::new();
                for change in changes {
                    let (key, value) = change.split_once('=').with_context(|| format!("`{change}` is no KEY=VALUE"))?;
                    let value = match value {
                        "" => Value::Null,
                        value => serde_json::from_str(value).unwrap_or_else(|_| Value::from(value)),
                    };
                    values.insert(key.to_owned(), value);
                }
                client
                    .send(Method::PATCH, &format!("/v1/pilots/{pilot}/settings"), Some(&Value::Object(values)))
                    .await?
            }
        };
        if settings.get("subject").is_some() {
            out.say(format_args!(
                "Nothing was set: this shows more than two officers approved. It waits for two approvals."
            ));
            for said in told(&settings) {
                out.say(format_args!("{said}"));
            }
            out.json(&settings);
            return Ok(());
        }
        for (key, value) in settings.pointer("/values").and_then(Value::as_object).into_iter().flatten() {
            out.say(format_args!("{key} = {value}"));
        }
        out.say(format_args!("revision {}", whole(&settings, "/revision")));
        out.json(&settings);
        Ok(())
    }
}

/// One operation
#[derive(Debug, Args)]
#[command(
    after_help = "The token of the desk is read from PILOT_TOKEN.\n\nExample:\n  PILOT_TOKEN=ph_… pilot call bhyt-checkin check-in --reference V-1 --input request.json"
)]
pub(super) struct Call {
    /// Which pilot
    pilot: String,
    /// Which operation
    operation: String,
    /// The operation's input as JSON: a file, or `-` for standard input
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// Your own number of the case: the same one never does a thing twice
    #[arg(long)]
    reference: String,
}

impl Call {
    pub(super) async fn run(self, connection: &Connection, out: &mut Out) -> Result<(), CliError> {
        let client = connection.client()?;
        let input: Value = serde_json::from_slice(&read(&self.input)?)
            .with_context(|| format!("{} is not JSON: correct it at the place named here", self.input.display()))?;
        let path = format!("/v1/pilots/{}/operations/{}", self.pilot, self.operation);
        let answer = client.post(&path, &json!({ "reference": self.reference, "input": input })).await?;
        out.say(format_args!("{}  {}", text(&answer, "/decision"), text(&answer, "/say/en")));
        for reason in list(&answer, "/reasons") {
            out.say(format_args!("  because: {}", text(reason, "/en")));
        }
        for next in list(&answer, "/next") {
            out.say(format_args!("  next: {}", text(next, "/en")));
        }
        out.say(format_args!("  data: {}", answer.pointer("/data").unwrap_or(&Value::Null)));
        out.say(format_args!("  evidence: {}", text(&answer, "/id")));
        out.json(&answer);
        Ok(())
    }
}

/// One tick
#[derive(Debug, Args)]
pub(super) struct Tick {
    /// Which pilot
    pilot: String,
    /// Which tick
    tick: String,
}

impl Tick {
    pub(super) async fn run(self, client: &Client, out: &mut Out) -> Result<(), CliError> {
        let answer = client.post(&format!("/v1/pilots/{}/ticks/{}", self.pilot, self.tick), &json!({})).await?;
        out.say(format_args!("{}  {}", text(&answer, "/decision"), answer.pointer("/data").unwrap_or(&Value::Null)));
        out.json(&answer);
        Ok(())
    }
}

/// Credentials
#[derive(Debug, Subcommand)]
pub(super) enum CredentialCommand {
    /// All of them, without their secrets
    List,
    /// A new one; its token is shown once
    Add {
        /// In which role, such as `registration-clerk`
        #[arg(long)]
        role: String,
        /// For which commune: five digits
        #[arg(long)]
        unit: String,
        /// For which facility
        #[arg(long)]
        facility: Option<String>,
        /// Of a department: the pilots that it answers for
        #[arg(long, value_delimiter = ',', value_name = "PILOT,…")]
        pilots: Vec<String>,
    },
    /// Say that one is another person's than that of the officer who gave it out: until then both count as the same eyes
    Confirm {
        /// Its id
        id: String,
    },
    /// End one, at once; that of another officer when a second officer does the same
    Revoke {
        /// Its id
        id: String,
    },
}

impl CredentialCommand {
    pub(super) async fn run(self, client: &Client, out: &mut Out) -> Result<(), CliError> {
        match self {
            CredentialCommand::List => {
                let all = client.get("/v1/credentials").await?;
                for line in all.as_array().into_iter().flatten() {
                    let ended = if line.get("revoked").is_some_and(Value::is_u64) { "revoked" } else { "" };
                    let eyes = line.get("counts_as").and_then(Value::as_str);
                    let eyes = eyes.map(|eyes| format!(" counts as {eyes}: not confirmed")).unwrap_or_default();
                    out.say(format_args!(
                        "{:<26} {:<20} {} {} {ended}{eyes}",
                        text(line, "/id"),
                        text(line, "/role"),
                        text(line, "/unit"),
                        text(line, "/facility")
                    ));
                }
                out.json(&all);
            }
            CredentialCommand::Add { role, unit, facility, pilots } => {
                let pilots = (!pilots.is_empty()).then_some(pilots);
                let added = client
                    .post(
                        "/v1/credentials",
                        &json!({ "role": role, "unit": unit, "facility": facility, "pilots": pilots }),
                    )
                    .await?;
                out.say(format_args!(
                    "{}\n{}\nThe token is shown this once. In approving it counts as yours, until another officer confirms it.",
                    text(&added, "/id"),
                    text(&added, "/token")
                ));
                out.json(&added);
            }
            CredentialCommand::Confirm { id } => {
                let done = client.post(&format!("/v1/credentials/{id}/confirm"), &json!({})).await?;
                out.say(format_args!("{id} counts as eyes of its own"));
                out.json(&done);
            }
            CredentialCommand::Revoke { id } => {
                let done = client.send(Method::DELETE, &format!("/v1/credentials/{id}"), None).await?;
                if done.get("waits").is_some() {
                    out.say(format_args!(
                        "{id} is another officer's and goes on: it ends when a second officer revokes it too"
                    ));
                } else {
                    out.say(format_args!("{id} is revoked"));
                }
                out.json(&done);
            }
        }
        Ok(())
    }
}

/// Vendors' keys
#[derive(Debug, Subcommand)]
pub(super) enum VendorCommand {
    /// Accept packages that are signed with this key
    Trust {
        /// The vendor's id
        vendor: String,
        /// The public key, PEM: a file, or `-` for standard input
        key: PathBuf,
        /// For how many days
        #[arg(long, default_value_t = 365)]
        days: u32,
    },
    /// Accept no more packages that are signed with this key, and switch off the pilots that such a build serves
    Revoke {
        /// The key's id
        key: String,
        #[command(flatten)]
        sure: Sure,
    },
    /// Ask for a pilot to become another vendor's: two officers approve it
    HandOver {
        /// Which pilot
        pilot: String,
        /// The vendor that it is handed over to
        vendor: String,
    },
}

impl VendorCommand {
    pub(super) async fn run(self, client: &Client, out: &mut Out) -> Result<(), CliError> {
        match self {
            VendorCommand::Trust { vendor, key, days } => {
                let pem = String::from_utf8(read(&key)?).context("the key is no text")?;
                let added = client
                    .post("/v1/vendor-keys", &json!({ "vendor": vendor, "public_key": pem, "valid_days": days }))
                    .await?;
                out.say(format_args!(
                    "packages of {vendor} signed with {} are accepted for {days} days",
                    text(&added, "/id")
                ));
                out.json(&added);
            }
            VendorCommand::Revoke { key, sure } => {
                sure.of(&format!(
                    "What {key} signed is refused for good, and every pilot that such a build serves is switched off."
                ))?;
                let done = client.send(Method::DELETE, &format!("/v1/vendor-keys/{key}"), None).await?;
                out.say(format_args!("{key} is revoked"));
                for pilot in list(&done, "/switched_off").filter_map(Value::as_str) {
                    out.say(format_args!("  {pilot} is switched off"));
                }
                out.json(&done);
            }
            VendorCommand::HandOver { pilot, vendor } => {
                let asked = client.post(&format!("/v1/pilots/{pilot}/hand-over"), &json!({ "vendor": vendor })).await?;
                for said in told(&asked) {
                    out.say(format_args!("{said}"));
                }
                out.json(&asked);
            }
        }
        Ok(())
    }
}

/// A package
#[derive(Debug, Args)]
pub(super) struct Install {
    /// The package, as `pilot build` makes it
    file: PathBuf,
}

impl Install {
    pub(super) async fn run(self, client: &Client, out: &mut Out) -> Result<(), CliError> {
        let installed = client.send_bytes("/v1/packages", read(&self.file)?).await?;
        out.say(format_args!(
            "{} {} is installed, not enabled ({})",
            text(&installed, "/id"),
            text(&installed, "/version"),
            text(&installed, "/digest")
        ));
        for function in list(&installed, "/waits_for").filter_map(Value::as_str) {
            out.say(format_args!("  waits for a grant of {function}"));
        }
        for opens in list(&installed, "/opens") {
            out.say(format_args!("  nobody has approved yet: {}", text(opens, "/en")));
        }
        out.json(&installed);
        Ok(())
    }
}
