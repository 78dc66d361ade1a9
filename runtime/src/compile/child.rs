//! The compiling child: two pipes, limited memory and time, no files, no network, nothing of its parent's environment.

use std::io::{Read, Write};
use std::process::ExitCode;

use rlimit::Resource;
use wasmtime::{Engine, InstanceAllocationStrategy};

use super::confine;
use crate::engine::config;

/// With this single argument the program compiles its standard input to its standard output.
pub const ARGUMENT: &str = "__compile";
/// Memory that the compiler may map for writing, in bytes. A Rust guest of 400 KB needs some 100 MB, a Python one 400 MB; the allocator
/// reserves one gigabyte before any of it is used.
const MEMORY: u64 = 2 << 30;
/// Processor time, in seconds.
const CPU_SECONDS: u64 = 40;
/// Largest component, in bytes; the door refuses larger ones before.
const MAX_COMPONENT: u64 = 32 << 20;
/// Standard input, output and error, and no file or socket more.
const FILES: u64 = 3;

/// Compiles and exits. Says nothing but by its exit code: words about a hostile component carry names that it chose.
pub fn main() -> ExitCode {
    match compile() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn compile() -> wasmtime::Result<()> {
    // The engine comes first: starting it reads what the processor can, which needs a file.
    // One thread: what a thread needs for its stack would count against the limit below, and one component is compiled at a time.
    let mut config = config();
    config.parallel_compilation(false).allocation_strategy(InstanceAllocationStrategy::OnDemand);
    let engine = Engine::new(&config)?;
    rlimit::setrlimit(Resource::DATA, MEMORY, MEMORY)?;
    rlimit::setrlimit(Resource::CPU, CPU_SECONDS, CPU_SECONDS)?;
    confine::without_core_dumps()?;
    // Nothing is opened from here on. It comes before the number of files, which leaves none for the kernel's own handle of it.
    confine::confine()?;
    rlimit::setrlimit(Resource::NOFILE, FILES, FILES)?;
    let mut wasm = Vec::new();
    std::io::stdin().lock().take(MAX_COMPONENT + 1).read_to_end(&mut wasm)?;
    wasmtime::ensure!(wasm.len() as u64 <= MAX_COMPONENT, "too large");
    let code = engine.precompile_component(&wasm)?;
    std::io::stdout().lock().write_all(&code)?;
    Ok(())
}
