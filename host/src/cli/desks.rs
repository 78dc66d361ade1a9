//! What the embedded receivers of effects have, and how they behave: the police desk, the desks on duty, people's inbox, the carrier of
//! messages.

use clap::{Subcommand, ValueEnum};
use reqwest::Method;
use serde_json::{Value, json};

use super::CliError;
use super::client::Client;
use super::operator::{list, text, whole};
use super::out::Out;

/// The police desk
#[derive(Debug, Subcommand)]
pub(super) enum DeskCommand {
    /// What it has, and how it behaves
    Show,
    /// Let it take notices
    Up,
    /// Let it fall silent
    Down,
    /// Let it reject every notice
    Rejecting,
}

/// The desks on duty
#[derive(Debug, Subcommand)]
pub(super) enum DutyCommand {
    /// The alerts that they have, and how they behave
    Show,
    /// Let them take alerts
    Up,
    /// Let them fall silent
    Down,
    /// Let them reject every alert
    Rejecting,
    /// Take an alert up
    Acknowledge {
        /// Its key, as `show` prints it
        key: String,
    },
    /// An alert is done with
    Close {
        /// Its key, as `show` prints it
        key: String,
    },
}

/// What a synthetic person answers.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Reply {
    /// Agrees
    Granted,
    /// Does not agree
    Refused,
    /// Takes it back
    Withdrawn,
}

impl Reply {
    fn code(self) -> &'static str {
        match self {
            Reply::Granted => "granted",
            Reply::Refused => "refused",
            Reply::Withdrawn => "withdrawn",
        }
    }
}

/// People's inbox
#[derive(Debug, Subcommand)]
pub(super) enum InboxCommand {
    /// The requests for consent that it has with their answers, and how it behaves
    Show,
    /// Let it take requests
    Up,
    /// Let it fall silent
    Down,
    /// Let it reject every request
    Rejecting,
    /// Answer for a synthetic person
    Answer {
        /// The request's key, as `show` prints it
        key: String,
        /// What the person says
        reply: Reply,
    },
}

/// The carrier of messages
#[derive(Debug, Subcommand)]
pub(super) enum MessagesCommand {
    /// The messages that it has, and how it behaves
    Show,
    /// Let it take messages
    Up,
    /// Let it fall silent
    Down,
    /// Let it reject every message
    Rejecting,
    /// The recipient of a message wants no more of them
    OptOut {
        /// The message's key, as `show` prints it
        key: String,
    },
}

async fn set_mode(client: &Client, path: &str, mode: &str, out: &mut Out) -> Result<(), CliError> {
    let set = client.send(Method::PUT, path, Some(&json!({ "mode": mode }))).await?;
    said_mode(&set, out);
    out.json(&set);
    Ok(())
}

fn said_mode(value: &Value, out: &mut Out) {
    out.say(format_args!("it is {}", text(value, "/mode")));
}

async fn set_state(client: &Client, path: &str, state: &str, out: &mut Out) -> Result<(), CliError> {
    let done = client.send(Method::PUT, path, Some(&json!({ "state": state }))).await?;
    out.say(format_args!("{} is {state}", text(&done, "/key")));
    out.json(&done);
    Ok(())
}

impl DeskCommand {
    pub(super) async fn run(self, client: &Client, out: &mut Out) -> Result<(), CliError> {
        let mode = match self {
            DeskCommand::Show => None,
            DeskCommand::Up => Some("up"),
            DeskCommand::Down => Some("down"),
            DeskCommand::Rejecting => Some("rejecting"),
        };
        let desk = match mode {
            Some(mode) => client.send(Method::PUT, "/v1/desk", Some(&json!({ "mode": mode }))).await?,
            None => client.get("/v1/desk").await?,
        };
        out.say(format_args!("the desk is {}", text(&desk, "/mode")));
        for notice in list(&desk, "/notices") {
            out.say(format_args!(
                "  {} {} {}",
                text(notice, "/kind"),
                text(notice, "/facility"),
                text(notice, "/reference")
            ));
        }
        out.json(&desk);
        Ok(())
    }
}

impl DutyCommand {
    pub(super) async fn run(self, client: &Client, out: &mut Out) -> Result<(), CliError> {
        const PATH: &str = "/v1/duty";
        match self {
            DutyCommand::Show => {
                let duty = client.get(PATH).await?;
                said_mode(&duty, out);
                for alert in list(&duty, "/alerts") {
                    out.say(format_args!(
                        "  {} {} (severity {}, {}): {}\n    {}",
                        text(alert, "/state"),
                        text(alert, "/kind"),
                        whole(alert, "/severity"),
                        text(alert, "/desk"),
                        text(alert, "/words/en"),
                        text(alert, "/key")
                    ));
                }
                out.json(&duty);
                Ok(())
            }
            DutyCommand::Up => set_mode(client, PATH, "up", out).await,
            DutyCommand::Down => set_mode(client, PATH, "down", out).await,
            DutyCommand::Rejecting => set_mode(client, PATH, "rejecting", out).await,
            DutyCommand::Acknowledge { key } => set_state(client, &format!("{PATH}/{key}"), "acknowledged", out).await,
            DutyCommand::Close { key } => set_state(client, &format!("{PATH}/{key}"), "closed", out).await,
        }
    }
}

impl InboxCommand {
    pub(super) async fn run(self, client: &Client, out: &mut Out) -> Result<(), CliError> {
        const PATH: &str = "/v1/inbox";
        match self {
            InboxCommand::Show => {
                let inbox = client.get(PATH).await?;
                said_mode(&inbox, out);
                for request in list(&inbox, "/requests") {
                    out.say(format_args!(
                        "  {} {} of {} until {}: {}\n    {}",
                        text(request, "/state"),
                        text(request, "/purpose"),
                        text(request, "/data"),
                        text(request, "/until"),
                        text(request, "/words/en"),
                        text(request, "/key")
                    ));
                }
                out.json(&inbox);
                Ok(())
            }
            InboxCommand::Up => set_mode(client, PATH, "up", out).await,
            InboxCommand::Down => set_mode(client, PATH, "down", out).await,
            InboxCommand::Rejecting => set_mode(client, PATH, "rejecting", out).await,
            InboxCommand::Answer { key, reply } => set_state(client, &format!("{PATH}/{key}"), reply.code(), out).await,
        }
    }
}

impl MessagesCommand {
    pub(super) async fn run(self, client: &Client, out: &mut Out) -> Result<(), CliError> {
        const PATH: &str = "/v1/messages";
        match self {
            MessagesCommand::Show => {
                let messages = client.get(PATH).await?;
                said_mode(&messages, out);
                for message in list(&messages, "/messages") {
                    out.say(format_args!(
                        "  {} to {} {}: {}\n    {}",
                        text(message, "/channel"),
                        text(message, "/audience"),
                        text(message, "/facility"),
                        text(message, "/words/en"),
                        text(message, "/key")
                    ));
                }
                out.json(&messages);
                Ok(())
            }
            MessagesCommand::Up => set_mode(client, PATH, "up", out).await,
            MessagesCommand::Down => set_mode(client, PATH, "down", out).await,
            MessagesCommand::Rejecting => set_mode(client, PATH, "rejecting", out).await,
            MessagesCommand::OptOut { key } => {
                let done = client.send(Method::POST, &format!("{PATH}/{key}/opt-out"), None).await?;
                out.say(format_args!("the recipient of {key} gets no more messages"));
                out.json(&done);
                Ok(())
            }
        }
    }
}
