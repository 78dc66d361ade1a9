//! A real installation: its data folder, and its officers.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::json;

use super::CliError;
use super::client::Connection;
use super::operator::text;
use super::out::Out;
use crate::governance::{Archive, Invitation, found};

/// Longest one-time secret that is read, in bytes.
const MAX_SECRET: u64 = 1_024;

/// Make the data folder of a real installation: no people, no issuers, no credentials but one-time secrets for its first officers
#[derive(Debug, Args)]
#[command(
    after_help = "One officer asks for a grant and two others approve it: nothing can be granted before three are enrolled, each with a one-time\nsecret of their own.\n\nExample:\n  pilot init /var/lib/pilothouse\n  pilot up --real --data /var/lib/pilothouse\n  pilot officer enrol --data /var/lib/pilothouse -"
)]
pub(super) struct Init {
    /// The folder: not there yet, or empty
    folder: PathBuf,
    /// How many officers get a one-time secret
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=9))]
    officers: u8,
}

impl Init {
    pub(super) async fn run(self, out: &mut Out) -> anyhow::Result<()> {
        let invitations = found(&self.folder, self.officers).await?;
        out.say(format_args!(
            "{} is a real installation: it holds no people and no credentials.",
            self.folder.display()
        ));
        shown(&invitations, out);
        out.say(format_args!("Start it: pilot up --real --data {}", self.folder.display()));
        out.json(&json!({ "folder": self.folder, "installation": "real", "invitations": invitations }));
        Ok(())
    }
}

fn shown(invitations: &[Invitation], out: &mut Out) {
    out.say(format_args!(
        "One-time secrets, shown this once: give each to one officer, who enrols with it within 14 days."
    ));
    for invitation in invitations {
        out.say(format_args!("  {}", invitation.secret));
    }
}

/// Officers of a real installation
#[derive(Debug, Subcommand)]
pub(super) enum OfficerCommand {
    /// Become an officer with a one-time secret; the token is shown once
    #[command(after_help = "Example:\n  pilot officer enrol secret.txt\n  pilot officer enrol -")]
    Enrol {
        /// File with the one-time secret; `-` reads it from standard input. Arguments are seen by others on this machine
        file: PathBuf,
    },
    /// A further one-time secret, for another officer; the host must be stopped: it is for whoever holds the folder
    Invite,
}

impl OfficerCommand {
    pub(super) async fn run(self, connection: &Connection, out: &mut Out) -> Result<(), CliError> {
        match self {
            OfficerCommand::Enrol { file } => {
                let mut secret = String::new();
                if file.as_os_str() == "-" {
                    let read = std::io::stdin().lock().take(MAX_SECRET).read_to_string(&mut secret);
                    read.context("standard input cannot be read")?;
                } else {
                    let opened =
                        std::fs::File::open(&file).and_then(|file| file.take(MAX_SECRET).read_to_string(&mut secret));
                    opened.with_context(|| format!("{} cannot be read", file.display()))?;
                }
                let client = connection.client_with(secret.trim().to_owned())?;
                let enrolled = client.post("/v1/officers", &json!({})).await?;
                out.say(format_args!(
                    "{}\n{}\nThe token is shown this once.",
                    text(&enrolled, "/id"),
                    text(&enrolled, "/token")
                ));
                out.json(&enrolled);
            }
            OfficerCommand::Invite => {
                let archive = Archive::open(&connection.data()).await.map_err(anyhow::Error::new)?;
                let invitation = archive.invite().await;
                archive.close().await;
                let invitation = invitation.map_err(anyhow::Error::new)?;
                shown(std::slice::from_ref(&invitation), out);
                out.json(&invitation);
            }
        }
        Ok(())
    }
}
