//! `pilot up`: the host on this machine.

use std::io::IsTerminal;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use futures_util::FutureExt as _;
use indicatif::ProgressBar;
use pilothouse_identity::CardLabels;
use pilothouse_province::{DEFAULT_PEOPLE, DEFAULT_SEED, MAX_PEOPLE};
use pilothouse_runtime::compile::{Program, confine};
use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::out::{Out, note};
use crate::api::{self, ApiLimits, Authorities, Authority};
use crate::demo::Folk;
use crate::governance::{Clocks, House, Installation, OpenOptions, PilotLine, PilotState, Progress};
use crate::introduction::ADDRESS;
use crate::serving::{self, Listening, Proxies, Proxy};

/// Where it listens unless told otherwise.
const LISTEN: &str = "127.0.0.1:8179";
/// Highest rate limit: far beyond what one machine answers, so that a slip of the keyboard shows.
const MAX_RATE: u32 = 1_000_000;
/// How long requests that are under way may take when the host stops.
const DRAIN: Duration = Duration::from_secs(10);

/// Start the host on this machine: synthetic province, the pilots that come with it, REST API and board
#[derive(Debug, Args)]
#[command(
    after_help = "Configuration, the later wins: file, environment, flags.\n\nExamples:\n  pilot up\n  pilot up --data /var/lib/pilothouse --listen 127.0.0.1:9000 --people 100000"
)]
pub(super) struct Up {
    /// Address and port to listen on
    #[arg(long, env = "PILOT_LISTEN")]
    listen: Option<SocketAddr>,
    /// Synthetic people (2,000 to 1,000,000)
    #[arg(long, env = "PILOT_PEOPLE", value_parser = clap::value_parser!(u32).range(2_000..=i64::from(MAX_PEOPLE)))]
    people: Option<u32>,
    /// Run the demonstration's day once the host is up, spread over so many minutes (5)
    #[arg(long, value_name = "MINUTES", num_args = 0..=1, default_missing_value = "5")]
    demo_day: Option<u32>,
    /// Refuse a folder that is no real installation: one that `pilot init` made
    #[arg(long, conflicts_with_all = ["people", "demo_day"])]
    real: bool,
    /// File outside the data folder that says how far its log was and what was revoked, so that an older copy is noticed; a real
    /// installation has one in $XDG_STATE_HOME/pilothouse by itself
    #[arg(long, env = "PILOT_HIGH_WATER", value_name = "FILE")]
    high_water: Option<PathBuf>,
    /// Start on a copy of the folder that is older than its high-water mark: what was revoked since is revoked again
    #[arg(long)]
    accept_older_copy: bool,
    /// Say nothing but errors
    #[arg(long, env = "PILOT_QUIET")]
    quiet: bool,
    /// TOML file with the most that any grant may say, instead of the one that ships with the host
    #[arg(long, env = "PILOT_CEILING", value_name = "FILE")]
    ceiling: Option<PathBuf>,
    /// Most requests a second of one credential; twice as many at once
    #[arg(long, env = "PILOT_RATE_LIMIT", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_RATE)))]
    rate_limit: Option<u32>,
    /// PEM file with the issuers of identity cards that are trusted (CSCA certificates, revocation lists), instead of
    /// csca.pem in the data folder
    #[arg(long, env = "PILOT_CSCA", value_name = "FILE")]
    csca: Option<PathBuf>,
    /// What desks' software writes in front of a card's text and may; give it once for each, such as CCCD:
    #[arg(long, env = "PILOT_CARD_LABELS", value_name = "LABEL", value_delimiter = ',')]
    card_label: Vec<String>,
    /// PEM file with the certificate of this host and its chain: needed, with --tls-key, to be reached from other machines
    #[arg(long, env = "PILOT_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// PEM file with the certificate's private key
    #[arg(long, env = "PILOT_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Address or network of a proxy in front that ends TLS; what it says of clients is believed, nobody else's word is.
    /// Give it once for each
    #[arg(long, env = "PILOT_BEHIND_PROXY", value_name = "ADDRESS", value_delimiter = ',')]
    behind_proxy: Vec<Proxy>,
    /// A name under which devices reach this host, as HOST or HOST:PORT: their signatures are taken for it. Give it once for
    /// each; the address that is listened on and localhost are names in any case
    #[arg(long, env = "PILOT_AUTHORITY", value_name = "NAME", value_delimiter = ',')]
    authority: Vec<Authority>,
    /// TOML file with any of: listen, people, quiet, seed, csca, card-labels, ceiling, rate-limit, clock-allowance-seconds,
    /// oldest-event-days, tls-cert, tls-key, behind-proxy, authority
    #[arg(long, env = "PILOT_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    listen: Option<SocketAddr>,
    people: Option<u32>,
    quiet: Option<bool>,
    seed: Option<u64>,
    ceiling: Option<PathBuf>,
    #[serde(alias = "rate_limit")]
    rate_limit: Option<u32>,
    csca: Option<PathBuf>,
    /// What desks' software may write in front of a card's text.
    card_labels: Option<Vec<String>>,
    /// Furthest that a device's clock may be off, and an event in the future.
    clock_allowance_seconds: Option<u32>,
    /// Oldest event that is taken.
    oldest_event_days: Option<u32>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    behind_proxy: Option<Vec<Proxy>>,
    authority: Option<Vec<Authority>>,
}

/// How the host is reached: over which socket, by whom, under which names.
struct Way {
    listen: SocketAddr,
    tls: Option<TlsAcceptor>,
    proxies: Proxies,
    authorities: Vec<Authority>,
}

impl Way {
    fn of(up: &Up, file: &mut File) -> anyhow::Result<Way> {
        let listen = match up.listen.or(file.listen) {
            Some(listen) => listen,
            None => LISTEN.parse().context("the default address")?,
        };
        let pair = (up.tls_cert.clone().or(file.tls_cert.take()), up.tls_key.clone().or(file.tls_key.take()));
        let tls = match pair {
            (Some(certificate), Some(key)) => Some(serving::tls::acceptor(&certificate, &key)?),
            (None, None) => None,
            (Some(_), None) => bail!("tls-cert needs tls-key: give the file with the certificate's private key"),
            (None, Some(_)) => bail!("tls-key needs tls-cert: give the file with the certificate"),
        };
        let named = |given: &[Proxy], file: Option<Vec<Proxy>>| match given {
            [] => file.unwrap_or_default(),
            given => given.to_vec(),
        };
        let proxies: Proxies = named(&up.behind_proxy, file.behind_proxy.take()).into_iter().collect();
        if !listen.ip().to_canonical().is_loopback() && tls.is_none() && proxies.is_empty() {
            bail!(
                "{listen} is reached from other machines, and tokens and people's data would cross the network in plain: give a certificate with --tls-cert and --tls-key, or name the proxy in front that ends TLS with --behind-proxy ADDRESS, or listen on 127.0.0.1"
            );
        }
        let authorities = match up.authority.as_slice() {
            [] => file.authority.take().unwrap_or_default(),
            given => given.to_vec(),
        };
        Ok(Way { listen, tls, proxies, authorities })
    }

    /// Binds the socket; with TLS also one of this machine alone, in plain, for the commands that are given here.
    async fn bind(&self) -> anyhow::Result<(TcpListener, Option<TcpListener>)> {
        let listen = self.listen;
        let listener = TcpListener::bind(listen).await.with_context(|| {
            format!("cannot listen on {listen}: stop what uses the port, or choose another with --listen")
        })?;
        let local = match &self.tls {
            Some(_) => Some(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("cannot listen on 127.0.0.1")?),
            None => None,
        };
        Ok((listener, local))
    }
}

/// Shows the long steps of a start.
struct Shown {
    bar: Option<ProgressBar>,
    quiet: bool,
}

impl Progress for Shown {
    fn step(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(text.to_owned()),
            None if !self.quiet => note(format_args!("… {text}")),
            None => {}
        }
    }
}

impl Up {
    pub(super) async fn run(self, data: &Path, out: &mut Out) -> anyhow::Result<()> {
        let mut file = self.file()?;
        let way = Way::of(&self, &mut file)?;
        let quiet = self.quiet || file.quiet.unwrap_or(false);
        let asked = self.people.or(file.people);
        // A province is of as many people as at its folder's first start: others would have their cards and pseudonyms.
        let made = Folk::read(data).ok();
        if let (Some(asked), Some(made)) = (asked, &made)
            && asked != made.people
        {
            bail!(
                "the province of {} has {} people: leave --people out, or name another folder with --data",
                data.display(),
                made.people
            );
        }
        let people = asked.or(made.map(|made| made.people)).unwrap_or(DEFAULT_PEOPLE);
        if !(2_000..=MAX_PEOPLE).contains(&people) {
            bail!("people = {people}: give a number from 2000 to {MAX_PEOPLE}");
        }
        let limits =
            self.rate_limit.or(file.rate_limit).map_or_else(ApiLimits::default, |per_second| ApiLimits { per_second });
        if !(1..=MAX_RATE).contains(&limits.per_second) {
            bail!("rate-limit = {}: give requests a second from 1 to {MAX_RATE}", limits.per_second);
        }
        let labels = if self.card_label.is_empty() { file.card_labels.unwrap_or_default() } else { self.card_label };
        let card_labels = CardLabels::new(labels).context("card-labels")?;
        logging(quiet);
        if let Err(error) = confine::without_core_dumps() {
            tracing::warn!(%error, "a crash of this process may write its memory to disk");
        }
        if !confine::is_supported() {
            tracing::warn!("this kernel has no Landlock: the compiling process has limits only");
        }
        let begun = Instant::now();
        let files = serving::raise_files();
        // The port first: where it is taken, the data folder is not touched.
        let (listener, local) = way.bind().await?;
        let bar = (!quiet && std::io::stderr().is_terminal()).then(ProgressBar::new_spinner);
        if let Some(bar) = &bar {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        let shown = Shown { bar, quiet };
        let program = Program::Child(std::env::current_exe().context("the program's own path")?);
        let clocks = Clocks::new(
            bounded("clock-allowance-seconds", file.clock_allowance_seconds, 300, 1..=3_600)?,
            bounded("oldest-event-days", file.oldest_event_days, 31, 1..=365)?,
        );
        let options = OpenOptions {
            dir: data.to_owned(),
            people,
            seed: file.seed.unwrap_or(DEFAULT_SEED),
            csca: self.csca.or(file.csca),
            card_labels,
            ceiling: self.ceiling.or(file.ceiling),
            clocks,
            high_water: self.high_water,
            accepts_older_copy: self.accept_older_copy,
            expects: if self.real {
                Some(Installation::Real)
            } else {
                (asked.is_some() || self.demo_day.is_some()).then_some(Installation::Demonstration)
            },
        };
        let house = House::open(options, program, &shown)
            .await
            .with_context(|| format!("the data folder {} cannot be opened", data.display()))?;
        if let Some(bar) = &shown.bar {
            bar.finish_and_clear();
        }
        let address = listener.local_addr().context("the address")?;
        let near = local.as_ref().map_or(Ok(address), TcpListener::local_addr).context("the address")?;
        if house.installation() == Installation::Demonstration {
            let population = &house.province().population;
            let folk = Folk { seed: population.seed(), people, day: population.today() };
            folk.write(data).context("what the province is made of cannot be written into the data folder")?;
        }
        house.listens_at(&near.to_string())?;
        // Before anybody is told that it is ready: who then stops it at once is heard.
        let asked = stopping()?;
        if !quiet {
            greet(&house, &address, way.tls.is_some(), people, begun.elapsed(), out).await?;
        }
        let day = self
            .demo_day
            .map(|minutes| tokio::spawn(super::demo::beside(house.clone(), format!("http://{near}"), minutes, quiet)));
        let authorities = Authorities::new(&[address, near], way.authorities);
        let router = api::router(house.clone(), limits, authorities);
        let mut listeners = vec![Listening { listener, tls: way.tls }];
        listeners.extend(local.map(|listener| Listening { listener, tls: None }));
        let stop = CancellationToken::new();
        let served = serving::serve(listeners, router, way.proxies, files, stop.clone());
        let drained = async {
            over(house.clone(), asked).await;
            stop.cancel();
            tokio::time::sleep(DRAIN).await;
        };
        tokio::select! {
            () = served => {}
            () = drained => note(format_args!("requests that took longer than {} s were cut off", DRAIN.as_secs())),
        }
        if let Some(day) = day {
            day.abort();
        }
        let by_itself = house.ended().now_or_never().is_some();
        house.close().await;
        let _gone = std::fs::remove_file(data.join(ADDRESS));
        if by_itself {
            bail!(
                "the disk did not confirm what was written, so nothing more is kept: look at the disk, then start again; what was answered is kept"
            );
        }
        if !quiet {
            note(format_args!("stopped"));
        }
        Ok(())
    }

    fn file(&self) -> anyhow::Result<File> {
        let Some(path) = &self.config else { return Ok(File::default()) };
        let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        toml::from_str(&text).with_context(|| {
            format!(
                "{}: known keys are listen, people, quiet, seed, csca, card-labels, ceiling, rate-limit, clock-allowance-seconds, oldest-event-days, tls-cert, tls-key, behind-proxy, authority",
                path.display()
            )
        })
    }
}

/// A number of the configuration, or its default.
fn bounded(key: &str, value: Option<u32>, default: u32, range: RangeInclusive<u32>) -> anyhow::Result<u32> {
    let value = value.unwrap_or(default);
    if !range.contains(&value) {
        bail!("{key} = {value}: give a number from {} to {}", range.start(), range.end());
    }
    Ok(value)
}

async fn greet(
    house: &House,
    address: &SocketAddr,
    is_tls: bool,
    people: u32,
    took: Duration,
    out: &mut Out,
) -> anyhow::Result<()> {
    let scheme = if is_tls { "https" } else { "http" };
    let pilots = house.pilots().await?;
    if house.installation() == Installation::Real {
        out.json(&serde_json::json!({ "address": address.to_string(), "installation": "real", "pilots": pilots }));
        out.say(format_args!(
            "Pilothouse is ready at {scheme}://{address} ({} ms), a real installation",
            took.as_millis()
        ));
        of_pilots(&pilots, out);
        out.say(format_args!(
            "No provider is connected for population, registers, lodging, alerts, consent and messages: pilots are told `unavailable`, and what they send waits."
        ));
        return Ok(());
    }
    let demo = house.demo();
    let mut shown = serde_json::json!({ "address": address.to_string(), "installation": "demonstration", "people": people, "pilots": pilots, "demo": demo });
    if !house.is_new() {
        // Once is enough: what is printed ends in journals.
        for credential in shown.pointer_mut("/demo/credentials").and_then(Value::as_array_mut).into_iter().flatten() {
            credential.as_object_mut().map(|credential| credential.remove("token"));
        }
    }
    out.json(&shown);
    out.say(format_args!(
        "Pilothouse is ready at {scheme}://{address} ({} ms), with {people} synthetic people",
        took.as_millis()
    ));
    of_pilots(&pilots, out);
    if !house.is_new() {
        out.say(format_args!("The demonstration's credentials: pilot demo --credentials"));
        return Ok(());
    }
    out.say(format_args!("Demonstration credentials (synthetic data only):"));
    for credential in &demo.credentials {
        let at = credential.facility.as_deref().unwrap_or("-");
        out.say(format_args!("  {:<19} {:<18} {:<15} {}", credential.name, credential.role, at, credential.token));
    }
    let token = demo
        .credentials
        .iter()
        .find(|credential| credential.role == "registration-clerk")
        .map_or("", |credential| &credential.token);
    out.say(format_args!("Check a patient in:"));
    out.say(format_args!(
        "  curl -s {scheme}://{address}/v1/pilots/bhyt-checkin/operations/check-in -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' -d '{{\"reference\":\"V-1\",\"input\":{{\"patient\":\"{}\",\"visit_kind\":\"outpatient\"}}}}'",
        demo.patient_number
    ));
    Ok(())
}

fn of_pilots(pilots: &[PilotLine], out: &mut Out) {
    for pilot in pilots {
        let state = if pilot.state == PilotState::On { "on" } else { "off" };
        out.say(format_args!("  {:>2}  {} {}  {state}  {}", pilot.model, pilot.id, pilot.version, pilot.title.en()));
    }
}

fn logging(quiet: bool) {
    let level = if quiet { "error" } else { "warn,pilothouse=info" };
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    let json = std::env::var("PILOT_LOG_FORMAT").is_ok_and(|format| format == "json");
    // Colours are for a terminal: in a file they are noise.
    let colours = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
    // A second subscriber in one process is a test's: the first one stays.
    let _first = if json { builder.json().try_init() } else { builder.try_init() };
}

/// Cancelled when somebody asks the host to stop. From here on the system no longer ends it by itself.
fn stopping() -> anyhow::Result<CancellationToken> {
    let taken = |kind| signal(kind).context("the system does not hand signals over");
    let (mut interrupt, mut terminate) = (taken(SignalKind::interrupt())?, taken(SignalKind::terminate())?);
    let asked = CancellationToken::new();
    let token = asked.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        token.cancel();
    });
    Ok(asked)
}

/// Somebody stops the host; or the disk failed, and only a start can tell what it holds.
async fn over(house: House, asked: CancellationToken) {
    tokio::select! {
        () = asked.cancelled() => {}
        () = house.ended() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_names_the_rate_limit_as_the_flag_does_or_as_the_variable_does() {
        for key in ["rate-limit", "rate_limit"] {
            let file: File = toml::from_str(&format!("{key} = 5")).unwrap();
            assert_eq!(file.rate_limit, Some(5));
        }
        assert!(toml::from_str::<File>("rate = 5").is_err());
    }
}
