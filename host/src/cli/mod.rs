//! The command line, one file a family of subcommands. What acts on a host goes through its REST API, like everyone else.
//!
//! Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 denied by policy,
//! 4 not reachable.

mod audit;
mod client;
mod demo;
mod desks;
mod device;
mod grants;
mod init;
mod local;
mod operator;
mod out;
mod scan;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use client::Connection;
use out::Out;

/// Host of the province's pilot models: sandboxed components, narrow grants, evidence.
#[derive(Debug, Parser)]
#[command(
    name = "pilot",
    version,
    about,
    after_help = "Examples:\n  pilot up\n  pilot models\n  pilot call bhyt-checkin check-in --reference V-1 --input request.json\n  pilot disable lodging-hotels\n\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 denied by policy, 4 not reachable."
)]
struct Cli {
    /// Print one JSON document instead of text for people
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the host on this machine
    Up(up::Up),
    /// Make the data folder of a real installation
    Init(init::Init),
    /// Officers of a real installation
    #[command(subcommand)]
    Officer(init::OfficerCommand),
    /// A simulated day of the province, sent to a host through its front door
    Demo(demo::Demo),
    /// The plan's 35 models, and which of them run
    Models,
    /// The pilots of this host
    Pilots,
    /// Put a pilot to work
    Enable(operator::Enable),
    /// Switch a pilot off, at once
    Disable(operator::Disable),
    /// What pilots may do, and who approved it
    #[command(subcommand)]
    Grant(grants::GrantCommand),
    /// Keys of a pilot's pseudonyms
    #[command(subcommand)]
    Keys(operator::KeysCommand),
    /// A department's settings of its pilot
    #[command(subcommand)]
    Config(operator::ConfigCommand),
    /// Call one operation of a pilot
    Call(operator::Call),
    /// Say what a card's QR text is, as JSON, or why it is none
    Scan(scan::Scan),
    /// Wake a pilot for one of its ticks
    Tick(operator::Tick),
    /// Check the record
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Run a recorded invocation again, offline, and compare bytes
    Replay(audit::Replay),
    /// Credentials of desks, devices and officers
    #[command(subcommand)]
    Credential(operator::CredentialCommand),
    /// Devices of facilities, which sign their readings with a key of their own
    #[command(subcommand)]
    Device(device::DeviceCommand),
    /// Keys of vendors that packages are accepted from
    #[command(subcommand)]
    Vendor(operator::VendorCommand),
    /// The embedded police desk: what it has, and how it behaves
    #[command(subcommand)]
    Desk(desks::DeskCommand),
    /// The embedded desks on duty: the alerts that they have, and how they behave
    #[command(subcommand)]
    Duty(desks::DutyCommand),
    /// The embedded inbox of people: requests for consent and their answers
    #[command(subcommand)]
    Inbox(desks::InboxCommand),
    /// The embedded carrier of messages: what it has, and how it behaves
    #[command(subcommand)]
    Messages(desks::MessagesCommand),
    /// Take a package in: all checks; stored, not enabled
    Install(operator::Install),
    /// What a component can do, read off the binary
    Inspect(local::Inspect),
    /// Check a pilot's folder or package, as the door does
    Check(local::Check),
    /// Build a pilot's folder into a signed package
    Build(local::Build),
    /// Run the scenarios of a pilot's folder, or of the pilots that this program brings along
    Test(local::Test),
    /// Keys of a vendor
    #[command(subcommand)]
    Key(local::KeyCommand),
}

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
enum CliError {
    /// The host said no.
    #[error("{text}")]
    Host {
        /// The exit code that says of what kind it is.
        exit: u8,
        /// Title, detail, fields.
        text: String,
    },
    /// Nobody answers.
    #[error("no host answers at {address}: start one with `pilot up`, or name another with --host\n  ({source})")]
    NotReachable {
        /// Where.
        address: String,
        /// Why not.
        #[source]
        source: reqwest::Error,
    },
    /// The data folder's host is not there.
    #[error("{0}")]
    NotTheHost(crate::introduction::NotTheHost),
    /// Something on this machine.
    #[error("{0:#}")]
    Local(#[from] anyhow::Error),
}

impl CliError {
    fn exit(&self) -> u8 {
        match self {
            CliError::Host { exit, .. } => *exit,
            CliError::NotReachable { .. } | CliError::NotTheHost(_) => 4,
            CliError::Local(_) => 1,
        }
    }
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&CliError::Local(anyhow::Error::new(error).context("no threads can be started"))),
    };
    let mut out = Out::new(cli.json);
    match runtime.block_on(run(cli, &mut out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &CliError) -> ExitCode {
    out::note(format_args!("error: {error}"));
    ExitCode::from(error.exit())
}

async fn run(cli: Cli, out: &mut Out) -> Result<(), CliError> {
    let connection = cli.connection;
    match cli.command {
        Command::Up(up) => Ok(up.run(&connection.data(), out).await?),
        Command::Init(init) => Ok(init.run(out).await?),
        Command::Officer(command) => command.run(&connection, out).await,
        Command::Demo(demo) => demo.run(&connection, out).await,
        Command::Inspect(command) => Ok(command.run(out)?),
        Command::Check(command) => Ok(command.run(out).await?),
        Command::Build(command) => Ok(command.run(out).await?),
        Command::Test(command) => Ok(command.run(out).await?),
        Command::Key(command) => Ok(command.run(out)?),
        Command::Models => operator::models(&connection.client()?, out).await,
        Command::Pilots => operator::pilots(&connection.client()?, out).await,
        Command::Enable(command) => command.run(&connection.client()?, out).await,
        Command::Disable(command) => command.run(&connection.client()?, out).await,
        Command::Grant(command) => command.run(&connection.client()?, out).await,
        Command::Keys(command) => command.run(&connection.client()?, out).await,
        Command::Config(command) => command.run(&connection.client()?, out).await,
        Command::Call(command) => command.run(&connection, out).await,
        Command::Scan(command) => command.run(&connection, out).await,
        Command::Tick(command) => command.run(&connection.client()?, out).await,
        Command::Audit(command) => command.run(&connection, out).await,
        Command::Replay(command) => command.run(&connection, out).await,
        Command::Credential(command) => command.run(&connection.client()?, out).await,
        Command::Device(command) => command.run(&connection, out).await,
        Command::Vendor(command) => command.run(&connection.client()?, out).await,
        Command::Desk(command) => command.run(&connection.client()?, out).await,
        Command::Duty(command) => command.run(&connection.client()?, out).await,
        Command::Inbox(command) => command.run(&connection.client()?, out).await,
        Command::Messages(command) => command.run(&connection.client()?, out).await,
        Command::Install(command) => command.run(&connection.client()?, out).await,
    }
}
