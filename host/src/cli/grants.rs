//! What two officers approve, on the command line: asked for, shown whole before it is decided, approved, withdrawn.

use std::io::{IsTerminal, Write};

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::CliError;
use super::client::Client;
use super::operator::{Named, list, text};
use super::out::{Out, note};

/// A consent to what ends service.
#[derive(Debug, Args)]
pub(super) struct Sure {
    /// Do it without asking, also where it ends service
    #[arg(long)]
    pub(super) yes: bool,
}

impl Sure {
    /// Says what is about to end, and asks for a consent: a person at a terminal, or `--yes`.
    pub(super) fn of(&self, what: &str) -> Result<(), CliError> {
        note(format_args!("{what}"));
        if self.yes {
            return Ok(());
        }
        if !std::io::stdin().is_terminal() {
            return Err(
                anyhow::anyhow!("nothing was done: repeat the command with --yes to say that this is meant").into()
            );
        }
        eprint!("Go on? [y/N] ");
        std::io::stderr().flush().context("the terminal takes no question")?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).context("the terminal gives no answer")?;
        if matches!(answer.trim(), "y" | "Y" | "yes" | "c" | "có") {
            return Ok(());
        }
        Err(anyhow::anyhow!("nothing was done").into())
    }
}

/// What is asked for
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  pilot grant request lodging-hotels\n  pilot grant request lodging-hotels --in-version 1.1.0 --units 18880,19204 --days 90"
)]
pub(super) struct Request {
    /// Which pilot, such as `lodging-hotels`
    pilot: String,
    /// Of which installed version; the newest when left out
    #[arg(long, value_name = "VERSION")]
    in_version: Option<String>,
    /// For which communes, five digits each; all when left out
    #[arg(long, value_delimiter = ',', value_name = "UNIT,…")]
    units: Vec<String>,
    /// Calls in a minute at most
    #[arg(long, value_name = "N")]
    per_minute: Option<u32>,
    /// People in a day and commune at most
    #[arg(long, value_name = "N")]
    people_per_day: Option<u32>,
    /// Effects in a day at most
    #[arg(long, value_name = "N")]
    effects_per_day: Option<u32>,
    /// For how many days
    #[arg(long, value_name = "DAYS")]
    days: Option<u32>,
}

impl Request {
    fn body(&self) -> Value {
        let mut body = Map::new();
        let mut put = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                body.insert(key.to_owned(), value);
            }
        };
        put("version", self.in_version.clone().map(Value::from));
        put("units", (!self.units.is_empty()).then(|| json!(self.units)));
        put("calls_per_minute", self.per_minute.map(Value::from));
        put("people_per_day", self.people_per_day.map(Value::from));
        put("effects_per_day", self.effects_per_day.map(Value::from));
        put("days", self.days.map(Value::from));
        Value::Object(body)
    }
}

/// Grants
#[derive(Debug, Subcommand)]
pub(super) enum GrantCommand {
    /// What a pilot may do, where, how much, for what purpose, by which law, until when, and who said so
    Show(Named),
    /// Ask for what a version opens and nobody has approved: its capabilities, and the build with its whole manifest
    Request(Request),
    /// Approve: two officers, neither of whom asked for it. What is approved is shown first
    Approve {
        /// Which grants
        #[arg(required = true)]
        grants: Vec<String>,
    },
    /// Withdraw a grant, or turn a request down: one officer is enough, at once
    Withdraw {
        /// Which grant
        grant: String,
        #[command(flatten)]
        sure: Sure,
    },
}

impl GrantCommand {
    pub(super) async fn run(self, client: &Client, out: &mut Out) -> Result<(), CliError> {
        let grants = match self {
            GrantCommand::Show(named) => client.get(&format!("/v1/pilots/{}/grants", named.pilot)).await?,
            GrantCommand::Request(request) => {
                client.post(&format!("/v1/pilots/{}/grants", request.pilot), &request.body()).await?
            }
            GrantCommand::Approve { grants } => {
                let mut approved = Vec::new();
                for grant in grants {
                    let line = client.get(&format!("/v1/grants/{grant}")).await?;
                    for said in told(&line) {
                        note(format_args!("{said}"));
                    }
                    approved.push(client.post(&format!("/v1/grants/{grant}/approve"), &json!({})).await?);
                }
                json!(approved)
            }
            GrantCommand::Withdraw { grant, sure } => {
                let line = client.get(&format!("/v1/grants/{grant}")).await?;
                for said in told(&line) {
                    note(format_args!("{said}"));
                }
                if line.pointer("/withdrawing/switches_off") == Some(&Value::Bool(true)) {
                    sure.of(&format!("Withdrawing this: {}.", text(&line, "/withdrawing/en")))?;
                }
                json!([client.post(&format!("/v1/grants/{grant}/withdraw"), &json!({})).await?])
            }
        };
        for grant in grants.as_array().into_iter().flatten() {
            for said in told(grant) {
                out.say(format_args!("{said}"));
            }
        }
        out.json(&grants);
        Ok(())
    }
}

/// A grant, line by line, as whoever decides on it has to know it.
pub(super) fn told(grant: &Value) -> Vec<String> {
    let words = |path: &str| list(grant, path).filter_map(Value::as_str).collect::<Vec<_>>();
    let pilot = text(grant, "/pilot");
    let subject = |key: &str| text(grant, &format!("/subject/{key}"));
    let kind = text(grant, "/kind");
    let what = match kind {
        "build" => format!("build {} of {pilot}, by {}: all that it opens", subject("version"), subject("vendor")),
        "hand-over" => format!(
            "hand-over of {pilot} from {} to {}, with its rows, pseudonyms and settings; rights do not go along",
            subject("from"),
            subject("to")
        ),
        "older" => format!(
            "way back of {pilot} to {}, though {} has served: what was mended since is open again",
            subject("version"),
            subject("below")
        ),
        "settings" => format!("settings of {pilot} that widen what is shown"),
        capability => format!("{capability} for {pilot}: {}", words("/right/functions").join(", ")),
    };
    let mut said = vec![format!("{what}  [{}] {}", text(grant, "/state/state"), text(grant, "/id"))];
    let mut line = |name: &str, value: String| {
        if !value.is_empty() {
            said.push(format!("    {name}: {value}"));
        }
    };
    for opens in list(grant, "/subject/opens").chain(list(grant, "/subject/sets")) {
        line("opens", text(opens, "/en").to_owned());
    }
    if grant.get("right").is_some() {
        line("purpose", text(grant, "/right/purpose/en").to_owned());
        line("law", words("/right/legal-basis").join("; "));
        if let Some(scope) = grant.pointer("/right/scope").and_then(Value::as_object).and_then(|it| it.values().next())
        {
            line("scope", scoped(scope));
        }
        let units = words("/unit_names");
        let more = units.len().saturating_sub(SHOWN_UNITS);
        let shown = units.iter().take(SHOWN_UNITS).copied().collect::<Vec<_>>().join(", ");
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        line("units", format!("{}: {shown}{more}", units.len()));
        let number = |key: &str| grant.pointer(&format!("/right/budget/{key}")).and_then(Value::as_u64).unwrap_or(0);
        line(
            "budget",
            format!(
                "{} calls a minute, {} people and {} effects a day, within the host's ceiling",
                number("calls-per-minute"),
                number("people-per-day"),
                number("effects-per-day")
            ),
        );
        line("until", text(grant, "/ends").to_owned());
    }
    let named = |path: &str| grant.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    line("vendor", named("/vendor"));
    line("build", named("/build") + &named("/subject/build"));
    line("asked by", named("/asked_by"));
    line("approved by", words("/approved_by").join(", "));
    line("withdrawing", named("/withdrawing/en"));
    said
}

/// Units that are named; of more, their number is said.
const SHOWN_UNITS: usize = 5;

/// A scope as `key: values`, without the marks of JSON.
fn scoped(scope: &Value) -> String {
    match scope {
        Value::Object(keys) => {
            let said = |(key, value): (&String, &Value)| match value {
                Value::Object(_) => format!("{key} ({})", scoped(value)),
                other => format!("{key} {}", scoped(other)),
            };
            keys.iter().map(said).collect::<Vec<_>>().join("; ")
        }
        Value::Array(values) => values.iter().map(scoped).collect::<Vec<_>>().join(", "),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_decides_reads_where_how_much_until_when_and_who_said_so() {
        let grant = json!({
            "id": "g", "pilot": "lodging-hotels", "kind": "population", "state": { "state": "granted" }, "vendor": "sao-mai",
            "right": { "functions": ["verify"], "purpose": { "vi": "…", "en": "Checking cards" }, "legal-basis": ["68/2020/QH14 Art. 30"],
                "scope": { "population": { "claims": ["alive", "card-valid"] } },
                "budget": { "calls-per-minute": 60, "people-per-day": 500, "effects-per-day": 0 } },
            "unit_names": ["A (1)", "B (2)", "C (3)", "D (4)", "E (5)", "F (6)"], "ends": "2027-12-01T00:00:00+07:00",
            "asked_by": "cred-1", "approved_by": ["cred-2", "cred-3"],
            "withdrawing": { "switches_off": true, "en": "The pilot in service is switched OFF at once" },
        });
        let said = told(&grant).join("\n");
        for part in [
            "6: A (1), B (2), C (3), D (4), E (5) and 1 more",
            "60 calls a minute, 500 people and 0 effects a day",
            "2027-12-01",
            "asked by: cred-1",
            "approved by: cred-2, cred-3",
            "claims alive, card-valid",
            "switched OFF",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}
