//! `pilot`: the host and its command line in one program.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == pilothouse_runtime::compile::child::ARGUMENT)
        && arguments.next().is_none()
    {
        return pilothouse_runtime::compile::child::main();
    }
    pilothouse::cli::main()
}
