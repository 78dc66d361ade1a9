//! Checking the record: on a running host through its REST API; on the data folder of a stopped one without network.

use anyhow::Context;
use clap::{Args, Subcommand};
use pilothouse_runtime::compile::Program;
use pilothouse_store::OpenError;
use serde_json::{Value, json};

use super::CliError;
use super::client::{Client, Connection};
use super::operator::{text, whole};
use super::out::{Out, note};
use crate::governance::{Archive, HouseError};

/// The record
#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Re-check everything: entries, hashes, checkpoints, signatures
    #[command(
        after_help = "With --data, a folder on which no host runs is opened and checked without network; where one runs, that host is asked.\n\nExamples:\n  pilot audit verify\n  pilot audit verify --data /var/lib/pilothouse\n  pilot audit verify --data /mnt/copy-of-the-folder --offline\n  pilot audit verify --data /media/cdrom/copy --read-only"
    )]
    Verify {
        #[command(flatten)]
        place: Place,
    },
    /// One invocation's record with its inclusion proof
    Show {
        /// Evidence id
        id: String,
    },
    /// The newest signed checkpoint: keep it, and a rolled-back log shows
    Checkpoint,
}

/// Where the record lies.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// Ask no host: open the data folder, on which none may run
    #[arg(long, conflicts_with = "host")]
    offline: bool,
    /// Change nothing in the folder: its database is copied to where temporary files go, and read there
    #[arg(long, conflicts_with = "host")]
    read_only: bool,
}

/// Who answers.
enum Record {
    Host(Client),
    Folder(Box<Archive>),
}

impl Place {
    async fn record(&self, connection: &Connection) -> Result<Record, CliError> {
        if !self.offline && !self.read_only && !connection.names_folder() {
            return Ok(Record::Host(connection.client()?));
        }
        let dir = connection.data();
        let opened = if self.read_only { Archive::open_read_only(&dir).await } else { Archive::open(&dir).await };
        match opened {
            Ok(archive) => Ok(Record::Folder(Box::new(archive))),
            Err(HouseError::Open(OpenError::InUse(_))) if !self.offline => Ok(Record::Host(connection.client()?)),
            Err(HouseError::Open(OpenError::InUse(_))) => {
                let text =
                    format!("a host runs on {}: ask that host, with the same command without --offline", dir.display());
                Err(CliError::Host { exit: 1, text })
            }
            Err(error) => Err(anyhow::Error::new(error).into()),
        }
    }
}

/// A value as the API writes it, whoever answered.
fn as_json<T: serde::Serialize>(value: Result<T, HouseError>) -> anyhow::Result<Value> {
    Ok(serde_json::to_value(value?)?)
}

impl AuditCommand {
    pub(super) async fn run(self, connection: &Connection, out: &mut Out) -> Result<(), CliError> {
        match self {
            AuditCommand::Verify { place } => {
                let report = match place.record(connection).await? {
                    Record::Host(client) => client.post("/v1/log/verify", &json!({})).await?,
                    Record::Folder(archive) => {
                        note(format_args!(
                            "no host runs on {}: the folder itself is checked",
                            connection.data().display()
                        ));
                        let report = archive.verify().await;
                        archive.close().await;
                        as_json(report)?
                    }
                };
                out.say(format_args!(
                    "the log verifies: {} entries, {} checkpoints, {} invocations, {} changes",
                    whole(&report, "/entries"),
                    whole(&report, "/checkpoints"),
                    whole(&report, "/invocations"),
                    whole(&report, "/changes")
                ));
                out.json(&report);
            }
            AuditCommand::Show { id } => {
                let shown = connection.client()?.get(&format!("/v1/invocations/{id}")).await?;
                out.say(format_args!("{shown:#}"));
                out.json(&shown);
            }
            AuditCommand::Checkpoint => {
                let note = connection.client()?.get("/v1/log/checkpoint").await?;
                out.say(format_args!("{}", note.as_str().unwrap_or_default().trim_end()));
                out.json(&json!({ "checkpoint": note }));
            }
        }
        Ok(())
    }
}

/// A replay
#[derive(Debug, Args)]
#[command(
    after_help = "The package that answered then is run, whichever version serves now. With --data, a folder on which no host runs is opened without network.\n\nExamples:\n  pilot replay 01a20fce-0fb7-735d-ba01-bf37d26d3f40\n  pilot replay 01a20fce-0fb7-735d-ba01-bf37d26d3f40 --data /var/lib/pilothouse"
)]
pub(super) struct Replay {
    /// Evidence id of the invocation
    id: String,
    #[command(flatten)]
    place: Place,
}

impl Replay {
    pub(super) async fn run(self, connection: &Connection, out: &mut Out) -> Result<(), CliError> {
        let replayed = match self.place.record(connection).await? {
            Record::Host(client) => client.post(&format!("/v1/invocations/{}/replay", self.id), &json!({})).await?,
            Record::Folder(archive) => {
                let program = Program::Child(std::env::current_exe().context("the program's own path")?);
                let replayed = archive.replay(&self.id, program).await;
                archive.close().await;
                as_json(replayed)?
            }
        };
        let same = replayed.pointer("/same").and_then(Value::as_bool).unwrap_or(false);
        if same {
            out.say(format_args!(
                "the same {} bytes, after {} capability calls",
                whole(&replayed, "/bytes"),
                whole(&replayed, "/calls")
            ));
        }
        out.json(&replayed);
        if same {
            Ok(())
        } else {
            Err(CliError::Host { exit: 1, text: format!("it came out otherwise: {}", text(&replayed, "/difference")) })
        }
    }
}
