//! Rights that a process gives up for good: what compiles a hostile component can reach no file and no network, whatever it is made to do.

use landlock::{ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetError, Scope};
use rlimit::Resource;

/// What is asked of the kernel: everything that it knew in 6.12. An older one gives what it has.
const WANTED: ABI = ABI::V6;

/// From here on this thread, and those that it starts, open no file, no connection, and signal nobody outside; as far as the kernel can.
/// What is open stays open.
///
/// # Errors
/// Where the kernel has the means and refuses them.
pub(super) fn confine() -> Result<(), RulesetError> {
    let everything = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(WANTED))?
        .handle_access(AccessNet::from_all(WANTED))?
        .scope(Scope::from_all(WANTED))?;
    // No rule: nothing of it is allowed.
    everything.create()?.restrict_self()?;
    Ok(())
}

/// Whether this kernel can keep a process from all files.
pub fn is_supported() -> bool {
    let asked = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    asked.handle_access(AccessFs::from_all(ABI::V1)).is_ok_and(|ruleset| ruleset.create().is_ok())
}

/// A crash writes no memory to disk: keys and people are in it.
///
/// # Errors
/// Where the system refuses.
pub fn without_core_dumps() -> std::io::Result<()> {
    rlimit::setrlimit(Resource::CORE, 0, 0)
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn who_is_confined_opens_no_file_and_no_socket_where_the_kernel_can_keep_it_from_that() {
        let own = std::env::current_exe().unwrap();
        let (file, socket) = std::thread::spawn(move || {
            confine().unwrap();
            (File::open(own).is_ok(), TcpListener::bind("127.0.0.1:0").is_ok())
        })
        .join()
        .unwrap();
        assert_eq!(file, !is_supported());
        // Networks came to the kernel later than files.
        assert!(!socket || !file || !is_supported());
        assert!(File::open(std::env::current_exe().unwrap()).is_ok(), "other threads are as they were");
    }
}
