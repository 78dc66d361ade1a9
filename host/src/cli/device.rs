//! Devices of facilities: enrolled, listed, revoked by officers; and one simulated, which reads cards as a real one would.

use std::io::Read;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use ed25519_dalek::SigningKey;
use pilothouse_registry::keys;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::CliError;
use super::client::{Client, Connection, refused};
use super::out::Out;

/// Longest list of card texts that is read from standard input, in bytes: some thousand cards.
const MAX_TEXTS: u64 = 256 << 10;
/// Events of one backlog.
const BACKLOG: usize = 100;
/// Furthest that a simulated device's clock is off, in seconds: past what any host allows, so that the refusal can be seen too.
const MAX_AHEAD: i64 = 7_200;
/// How far apart a simulated device's held-back readings lie.
const APART: time::Duration = time::Duration::minutes(1);

/// Devices
#[derive(Debug, Subcommand)]
pub(super) enum DeviceCommand {
    /// Enrol a facility's device by its public key
    Enrol {
        /// Whose it is, and what it does there
        #[command(flatten)]
        place: Place,
        /// The device's public key, PEM: a file, or `-` for standard input
        key: PathBuf,
    },
    /// All of them: when each was last seen, and how far its clock is off
    List,
    /// Revoke one, at once
    Revoke {
        /// Its id: that of its key
        id: String,
    },
    /// Read cards as a device would: sign each reading, or hold them back and send them late and out of order
    Simulate(Simulate),
}

/// Where a device stands.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// The facility that it belongs to
    #[arg(long)]
    facility: Option<String>,
    /// The role that it acts in, such as `registration-clerk`
    #[arg(long)]
    role: Option<String>,
    /// handheld, desk-reader, kiosk or gate
    #[arg(long, default_value = "desk-reader")]
    class: String,
}

impl Place {
    async fn enrol(&self, client: &Client, public_pem: &str) -> Result<Value, CliError> {
        let facility = self.facility.as_ref().context("which facility's device is it? Name it with --facility")?;
        let role = self.role.as_ref().context("in which role does it act? Name it with --role")?;
        let body = json!({ "facility": facility, "role": role, "class": self.class, "public_key": public_pem });
        client.post("/v1/devices", &body).await
    }
}

/// A simulated device
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  pilot device simulate --key reader.pem --facility benh-vien-1 --role registration-clerk --pilot bhyt-checkin 'CARD TEXT'\n  pilot device simulate --key reader.pem --pilot bhyt-checkin --offline - < cards.txt"
)]
pub(super) struct Simulate {
    /// The device's key; where there is no such file, it is made, and the device enrolled
    #[arg(long)]
    key: PathBuf,
    #[command(flatten)]
    place: Place,
    /// Which pilot gets the readings
    #[arg(long)]
    pilot: String,
    /// Hold the readings back, and send them late and out of order
    #[arg(long)]
    offline: bool,
    /// How far its clock is ahead, in seconds; negative: behind. It signs by that clock, and tells by it when it read
    #[arg(long, value_name = "SECONDS", default_value_t = 0, allow_negative_numbers = true,
        value_parser = clap::value_parser!(i64).range(-MAX_AHEAD..=MAX_AHEAD))]
    clock_ahead: i64,
    /// How its references begin; the key's id and the time where it is left out
    #[arg(long)]
    reference: Option<String>,
    /// The texts of cards' QR codes; `-` reads one a line from standard input
    #[arg(required = true, value_name = "TEXT")]
    texts: Vec<String>,
}

impl DeviceCommand {
    pub(super) async fn run(self, connection: &Connection, out: &mut Out) -> Result<(), CliError> {
        match self {
            DeviceCommand::Enrol { place, key } => {
                let pem = if key.as_os_str() == "-" {
                    standard_input()?
                } else {
                    std::fs::read_to_string(&key).with_context(|| format!("{} cannot be read", key.display()))?
                };
                let device = place.enrol(&connection.client()?, &pem).await?;
                out.say(format_args!("{} is enrolled at {}", text(&device, "id"), text(&device, "facility")));
                out.json(&device);
                Ok(())
            }
            DeviceCommand::List => {
                let all = connection.client()?.get("/v1/devices").await?;
                for device in all.as_array().into_iter().flatten() {
                    out.say(format_args!("{}", line(device)));
                }
                out.json(&all);
                Ok(())
            }
            DeviceCommand::Revoke { id } => {
                let done = connection.client()?.send(Method::DELETE, &format!("/v1/devices/{id}"), None).await?;
                out.say(format_args!("{id} is revoked"));
                out.json(&done);
                Ok(())
            }
            DeviceCommand::Simulate(simulate) => simulate.run(connection, out).await,
        }
    }
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value.get(field).and_then(Value::as_str).unwrap_or("-")
}

fn standard_input() -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin().lock().take(MAX_TEXTS).read_to_string(&mut text).context("standard input cannot be read")?;
    Ok(text)
}

fn line(device: &Value) -> String {
    let instant = |field: &str| {
        let micros = device.get(field).and_then(Value::as_i64)?;
        let at = OffsetDateTime::from_unix_timestamp(micros.div_euclid(1_000_000)).ok()?;
        at.format(&Rfc3339).ok()
    };
    let seen = instant("seen").unwrap_or_else(|| "never".to_owned());
    let clock = device.get("clock_ahead_seconds").and_then(Value::as_i64);
    let clock = clock.map_or_else(String::new, |ahead| format!("clock {ahead:+} s"));
    let state = if device.get("revoked").is_some_and(Value::is_i64) { "revoked" } else { "" };
    let (id, class) = (text(device, "id"), text(device, "class"));
    format!(
        "{id}  {class:<11} {:<20} {:<22} seen {seen}  {clock} {state}",
        text(device, "role"),
        text(device, "facility")
    )
}

impl Simulate {
    async fn run(self, connection: &Connection, out: &mut Out) -> Result<(), CliError> {
        let key = self.own_key(connection, out).await?;
        let texts = self.read_texts()?;
        let now = OffsetDateTime::now_utc() + time::Duration::seconds(self.clock_ahead);
        let prefix = self.reference.clone().unwrap_or_else(|| {
            format!("{}-{}", keys::key_id(&key.verifying_key()), now.unix_timestamp_nanos() / 1_000)
        });
        let mut events = Vec::with_capacity(texts.len());
        for (number, text) in texts.iter().enumerate() {
            let before = i32::try_from(texts.len() - number).unwrap_or(i32::MAX);
            let captured = if self.offline { now - APART * before } else { now };
            let captured = captured.format(&Rfc3339).context("a time of today")?;
            let mut event = json!({ "reference": format!("{prefix}-{number}"), "captured_at": captured, "text": text });
            if let (Some(facility), Value::Object(fields)) = (&self.place.facility, &mut event) {
                fields.insert("facility".to_owned(), json!(facility));
            }
            events.push(event);
        }
        let client = connection.client_with(String::new())?;
        let path = format!("/v1/pilots/{}/readings", self.pilot);
        let mut answers = Vec::new();
        if self.offline {
            // The last one first, as a reader does that empties its memory from the top.
            events.reverse();
            for some in events.chunks(BACKLOG) {
                let (path, events) = (format!("{path}/backlog"), json!({ "events": some }));
                let (status, answer) = client.send_signed(&key, &path, &events, self.clock_ahead).await?;
                if !status.is_success() {
                    return Err(refused(status, &answer));
                }
                answers.extend(answer.get("answers").and_then(Value::as_array).cloned().unwrap_or_default());
            }
        } else {
            for event in &events {
                let (status, answer) = client.send_signed(&key, &path, event, self.clock_ahead).await?;
                let of = if status == StatusCode::OK { "answer" } else { "problem" };
                answers.push(json!({ "reference": event.get("reference"), "status": status.as_u16(), of: answer }));
            }
        }
        let mut other = 0;
        for answer in &answers {
            let said = answer.pointer("/answer/decision").or(answer.pointer("/problem/detail"));
            let why = answer.pointer("/answer/say/vi").and_then(Value::as_str).unwrap_or_default();
            out.say(format_args!(
                "{}  {}  {why}",
                text(answer, "reference"),
                said.and_then(Value::as_str).unwrap_or("-")
            ));
            other += usize::from(answer.get("answer").is_none());
        }
        out.json(&answers);
        match other {
            0 => Ok(()),
            _ => Err(CliError::Host { exit: 1, text: format!("{other} of {} readings were refused", answers.len()) }),
        }
    }

    /// The key of the file; made, and its device enrolled, where there is none.
    async fn own_key(&self, connection: &Connection, out: &mut Out) -> Result<SigningKey, CliError> {
        if self.key.exists() {
            return Ok(keys::read(&self.key).with_context(|| format!("{}", self.key.display()))?);
        }
        let client = connection.client()?;
        let key = keys::generate().context("a new key")?;
        let public = keys::public_pem(&key.verifying_key()).context("a new key")?;
        let device = self.place.enrol(&client, &public).await?;
        keys::write(&self.key, &key).with_context(|| format!("{}", self.key.display()))?;
        out.say(format_args!("{} is enrolled at {}", text(&device, "id"), text(&device, "facility")));
        Ok(key)
    }

    fn read_texts(&self) -> Result<Vec<String>, CliError> {
        let mut texts = Vec::new();
        for text in &self.texts {
            if text == "-" {
                texts.extend(standard_input()?.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned));
            } else {
                texts.push(text.clone());
            }
        }
        if texts.is_empty() {
            return Err(anyhow::anyhow!("there is no card text: give one as an argument, or one a line").into());
        }
        Ok(texts)
    }
}
