//! The demonstration: a simulated day, sent to a running host through its front door; and its people's cards.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use pilothouse_province::{Cast, Population};
use pilothouse_registry::escape_name;
use pilothouse_runtime::province::Province;
use serde_json::{Value, json};
use time::{Date, OffsetDateTime};

use super::CliError;
use super::client::Connection;
use super::out::{Out, note};
use crate::demo::{Crowd, Day, Door, DoorError, Folk, Place, Report, Size, run};
use crate::governance::{CREDENTIALS, House};
use crate::words::{self, Lang};

/// Patients of a day, unless told otherwise.
const PATIENTS: u16 = 240;
/// Patients that fit into a minute: the pilots' budgets are by the minute, and a day that is larger takes its time.
const A_MINUTE: u16 = 400;

/// The demonstration
#[derive(Debug, Args)]
#[command(
    after_help = "A day: patients, guests, passengers, customers and borrowers, and the errors that they and readers make, planned from a seed and sent over HTTP.\nExit code 1 where any answer is another than the plan says.\n\nExamples:\n  pilot demo --day --minutes 5\n  pilot demo --card\n  pilot scan \"$(pilot demo --card insured-adult)\""
)]
pub(super) struct Demo {
    /// Run a simulated day
    #[arg(long, required_unless_present_any = ["card", "credentials"], conflicts_with_all = ["card", "credentials"])]
    day: bool,
    /// Print the text of a synthetic person's card, to be scanned or pasted; without a name, whose cards there are
    #[arg(long, value_name = "NAME", num_args = 0..=1)]
    card: Option<Option<String>>,
    /// Print the credentials of the demonstration whose data folder this is, with their tokens
    #[arg(long, conflicts_with = "card")]
    credentials: bool,
    /// Another seed plans another day
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Patients; a third as many guests and passengers, an eighth as many customers and borrowers
    #[arg(long, default_value_t = PATIENTS, value_parser = clap::value_parser!(u16).range(1..=5_000))]
    size: u16,
    /// Real time that the day is spread over, so that figures are seen to move; a large day takes a minute for each 400
    /// patients, since the pilots' budgets are by the minute
    #[arg(long, default_value_t = 0)]
    minutes: u32,
    /// Seconds that a desk asks again while nobody answers
    #[arg(long, default_value_t = 30)]
    patience: u32,
    /// Send everything once more at the end: nothing may be done twice, and nothing be forgotten
    #[arg(long)]
    twice: bool,
}

impl Demo {
    pub(super) async fn run(self, connection: &Connection, out: &mut Out) -> Result<(), CliError> {
        let data = connection.data();
        if self.credentials {
            return Ok(credentials(&data, out)?);
        }
        let folk = Folk::read(&data).with_context(|| {
            format!(
                "{} says nothing of the host's synthetic people: name the data folder of a host with --data",
                data.display()
            )
        })?;
        let province = Province::generate(folk.seed, folk.people, folk.day);
        match self.card {
            Some(name) => card(&province.population, name.as_deref(), out),
            None => self.day(connection, &province, folk.day, out).await,
        }
    }

    async fn day(self, connection: &Connection, province: &Province, day: Date, out: &mut Out) -> Result<(), CliError> {
        let size = Size { patients: self.size.into() };
        let crowd = Crowd::of(province, day, 2 * size.patients);
        let patience = Duration::from_secs(self.patience.into());
        let door = Door::new(connection.place(), patience).map_err(told)?;
        let day = Day {
            seed: self.seed,
            size,
            crowd: &crowd,
            officer: connection.token()?,
            now: OffsetDateTime::now_utc(),
            spread: Duration::from_secs(60 * u64::from(self.minutes.max((self.size / A_MINUTE).into()))),
            is_sent_again: self.twice,
        };
        let report = run(&day, &door, &mut |line| note(format_args!("… {line}"))).await.map_err(told)?;
        for line in report.lines() {
            out.say(format_args!("{line}"));
        }
        out.json(&report);
        match report.unexplained.len() {
            0 => Ok(()),
            n => Err(CliError::Host { exit: 1, text: format!("{n} answers are other than planned") }),
        }
    }
}

/// Who can try what, as the data folder has it.
fn credentials(data: &Path, out: &mut Out) -> anyhow::Result<()> {
    let path = data.join(CREDENTIALS);
    let file = std::fs::read(&path).with_context(|| {
        format!("{} cannot be read: name the data folder of a demonstration with --data", path.display())
    })?;
    let all: Value = serde_json::from_slice(&file).with_context(|| format!("{} is damaged", path.display()))?;
    for credential in all.as_array().into_iter().flatten() {
        let text = |field: &str| credential.get(field).and_then(Value::as_str).unwrap_or("-");
        out.say(format_args!("{:<19} {:<18} {:<15} {}", text("name"), text("role"), text("facility"), text("token")));
    }
    out.json(&all);
    Ok(())
}

/// The text of one member's card, or the names of all who have one.
fn card(population: &Population, name: Option<&str>, out: &mut Out) -> Result<(), CliError> {
    let cast = Cast::of(population);
    let mut cards = cast.iter().filter_map(|(name, key)| Some((name, population.card_text(key)?)));
    if let Some(asked) = name {
        let (name, text) = cards.find(|(name, _)| *name == asked).with_context(|| {
            format!("there is no card of `{}`: `pilot demo --card` says whose there are", escape_name(asked))
        })?;
        out.say(format_args!("{text}"));
        out.json(&json!({ "name": name, "text": text }));
        return Ok(());
    }
    let names: Vec<_> = cards.map(|(name, _)| json!({ "name": name, "who": words::cast(Lang::En, name) })).collect();
    for member in &names {
        let text = |field: &str| member.get(field).and_then(Value::as_str).unwrap_or_default();
        out.say(format_args!("{:<28} {} (synthetic)", text("name"), text("who")));
    }
    out.json(&names);
    Ok(())
}

fn told(error: DoorError) -> CliError {
    let exit = if matches!(error, DoorError::Nobody { .. }) { 4 } else { 1 };
    CliError::Host { exit, text: error.to_string() }
}

/// A simulated day beside a host that has just started, over HTTP like everyone's.
pub(super) async fn beside(house: House, address: String, minutes: u32, quiet: bool) {
    let population = &house.province().population;
    let size = Size { patients: PATIENTS.into() };
    let crowd = Crowd::of(house.province(), population.today(), 2 * size.patients);
    let officer = house.demo().credentials.iter().find(|credential| credential.role == "working-group");
    let day = Day {
        seed: 1,
        size,
        crowd: &crowd,
        officer: officer.map(|officer| officer.token.clone()).unwrap_or_default(),
        now: OffsetDateTime::now_utc(),
        spread: Duration::from_secs(60 * u64::from(minutes)),
        is_sent_again: false,
    };
    let ran: Result<Report, DoorError> = match Door::new(Place::Address(address), Duration::from_secs(30)) {
        Ok(door) => run(&day, &door, &mut |_| {}).await,
        Err(error) => Err(error),
    };
    match ran {
        Ok(report) if !quiet || !report.unexplained.is_empty() => {
            note(format_args!("the demonstration's day is over:"));
            report.lines().iter().for_each(|line| note(format_args!("  {line}")));
        }
        Ok(_) => {}
        Err(error) => note(format_args!("the demonstration's day ended early: {error}")),
    }
}
