//! What a call costs: the isolated call beside a kept instance and a native function, the whole HTTP path with durable evidence beside
//! a bare handler, start and memory, and a hospital's calls beside a pilot that computes, in one run.
//!
//! `cargo bench -p pilothouse-bench`. Prints a table; ratios taken within the run hold better than absolutes. One part alone:
//! `-- isolated`, `-- http` or `-- beside`.

#![expect(clippy::print_stdout, reason = "the table is what a bench is for")]

mod beside;
mod guest;
mod isolated;
mod load;
mod served;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match measured() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}

fn measured() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let source = guest::build()?;
    let schemas = isolated::measure(&source, folder.path(), wanted("isolated"))?;
    if wanted("http") {
        served::measure(&source, &schemas, folder.path())?;
    }
    if wanted("beside") {
        beside::measure(&source, &schemas, folder.path())?;
    }
    Ok(())
}

/// Whether the part is named on the command line, or none is.
fn wanted(part: &str) -> bool {
    let mut named = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).peekable();
    named.peek().is_none() || named.any(|name| name == part)
}

/// The middle one.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
