//! From a component to native code: in a child process with limits, once, and kept in a cache that only this host can write.

mod cache;
pub mod child;
pub mod confine;

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use wasmtime::Engine;
use wasmtime::component::Component;

use cache::Cache;

/// Longest compilation: the largest Rust guest takes a tenth of a second, a Python one twelve seconds.
pub const COMPILE_TIME: Duration = Duration::from_secs(30);
/// Most native code of a component, in bytes: ten times the largest component there may be.
const MAX_CODE: u64 = 256 << 20;

/// Why a component could not be compiled.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// Time, memory or the compiler's own refusal; the child's words are not repeated, they carry names that a vendor chose.
    #[error("the component could not be compiled within {seconds} s and the memory allowed for it: make it smaller, or split it", seconds = COMPILE_TIME.as_secs())]
    Refused,
    /// The child could not be started or spoken to.
    #[error("the compiling process could not be run: see that {program} can be executed")]
    Child {
        /// The program that was to be run.
        program: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The cache could not be written.
    #[error("the cache of compiled components could not be written: see that the data folder is writable and has room")]
    Cache(#[source] std::io::Error),
    /// What was compiled does not fit this engine.
    #[error(
        "the compiled component does not fit this engine: let it declare less memory and smaller tables; if it fitted before, clear the cache folder and start again"
    )]
    Foreign(#[source] wasmtime::Error),
}

/// Compiles components, one at a time.
pub struct Compiler {
    cache: Cache,
    program: Program,
    one_at_a_time: tokio::sync::Mutex<()>,
}

/// Where compilation happens.
pub enum Program {
    /// In a child: this program, called with [`child::ARGUMENT`].
    Child(PathBuf),
    /// In this process, without limits: for tests on components of our own.
    InProcess,
}

impl Compiler {
    /// `dir` is made with access for this user only. `key` authenticates the cache: native code of others is refused.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn new(dir: PathBuf, key: [u8; 32], program: Program) -> std::io::Result<Compiler> {
        Ok(Compiler { cache: Cache::new(dir, key)?, program, one_at_a_time: tokio::sync::Mutex::new(()) })
    }

    /// The component, compiled: from the cache where it holds it, else by the child.
    ///
    /// # Errors
    /// See [`CompileError`].
    pub async fn component(&self, engine: &Engine, wasm: &[u8]) -> Result<Component, CompileError> {
        let digest: [u8; 32] = Sha256::digest(wasm).into();
        if let Some(component) = self.cache.load(engine, &digest) {
            return Ok(component);
        }
        let _turn = self.one_at_a_time.lock().await;
        let code = match &self.program {
            Program::InProcess => engine.precompile_component(wasm).map_err(|_| CompileError::Refused)?,
            Program::Child(program) => run_child(program, wasm).await?,
        };
        self.cache.store(engine, &digest, &code).map_err(CompileError::Cache)?;
        cache::load_trusted(engine, &code).map_err(CompileError::Foreign)
    }
}

async fn run_child(program: &PathBuf, wasm: &[u8]) -> Result<Vec<u8>, CompileError> {
    let failed = |source| CompileError::Child { program: program.display().to_string(), source };
    let mut child = Command::new(program)
        .arg(child::ARGUMENT)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let (Some(mut stdin), Some(stdout)) = (stdin, stdout) else {
        return Err(failed(std::io::Error::other("the child has no pipes")));
    };
    let talk = async {
        // A child that refuses early closes its end; what it says then is its exit code.
        let _sent = stdin.write_all(wasm).await;
        drop(stdin);
        let mut code = Vec::new();
        stdout.take(MAX_CODE).read_to_end(&mut code).await?;
        Ok::<_, std::io::Error>((code, child.wait().await?))
    };
    match tokio::time::timeout(COMPILE_TIME, talk).await {
        Ok(Ok((code, status))) if status.success() && !code.is_empty() => Ok(code),
        Ok(Ok(_)) | Err(_) => Err(CompileError::Refused),
        Ok(Err(source)) => Err(failed(source)),
    }
}
