//! Recorded calls run again, by the very package that answered them, whatever serves now; on a running host and on a stopped one.

use std::sync::Arc;
use std::time::Duration;

use pilothouse_evidence::{InvocationRecord, MasterKey, Record};
use pilothouse_registry::oci::Layout;
use pilothouse_registry::{Effective, Package, PilotId};
use pilothouse_runtime::budgets::Budgets;
use pilothouse_runtime::compile::Compiler;
use pilothouse_runtime::keys::Secret;
use pilothouse_runtime::people::PilotKeys;
use pilothouse_runtime::record::outcome_bytes;
use pilothouse_runtime::{Ended, Entry, Fault, Machine, Providers, Recording, Replayer, Terms};
use pilothouse_store::Store;
use pilothouse_store::seals::Beside;

use super::records::keep_look;
use super::running::operations;
use super::serve::judge;
use super::views::Replayed;
use super::{Caller, House, HouseError, parse};

/// All that a replay needs. No grant, no settings, no provider that answers: those of the time are in the recording.
pub(super) struct Bench<'h> {
    pub(super) store: &'h Store,
    pub(super) master: &'h MasterKey,
    pub(super) packages: &'h Layout,
    pub(super) compiler: &'h Compiler,
    pub(super) machine: &'h Machine,
    pub(super) providers: &'h Arc<Providers>,
}

impl House {
    /// Runs a recorded invocation again, offline, and compares bytes. The replay is itself recorded as a look.
    ///
    /// The package of that time is taken, whichever version serves now and whether or not the pilot is enabled.
    ///
    /// # Errors
    /// Where its values were destroyed, or its package is not there.
    pub async fn replay(&self, by: &Caller, id: &str) -> Result<Replayed, HouseError> {
        let rooms = &self.0;
        let bench = Bench {
            store: &rooms.store,
            master: &rooms.master,
            packages: &rooms.packages,
            compiler: &rooms.compiler,
            machine: &rooms.machine,
            providers: &rooms.providers,
        };
        bench.replay(&by.credential, id).await
    }
}

impl Bench<'_> {
    /// Runs an invocation again. `by` is the id of who asked, for the record.
    pub(super) async fn replay(&self, by: &str, id: &str) -> Result<Replayed, HouseError> {
        let (record, recording) = self.recorded(id).await?;
        keep_look(self.store, by, "replay", &record.id).await?;
        let package = parse("package", &format!("sha256:{}", record.package))?;
        // It passed the door when it was taken in.
        let package = Package::open_unsigned(self.packages.get(&package)?)?;
        let replayer = self.linked(&package).await?;
        let mut again = replayer.replay(&recording, self.providers).await;
        let operation = match &recording.entry {
            Entry::Operation { name, .. } => name.parse().ok(),
            Entry::Reading | Entry::Tick { .. } => None,
        };
        judge(package.manifest(), &operations(&package), operation.as_ref(), &mut again);
        match recording.ended {
            // What it came to was not kept, so its calls alone can be compared.
            Ended::Fault { fault } if fault.is_taken_back() => again.undo(fault),
            // What it would have come to is not known: the host ended it between two calls, and those are what can be compared.
            Ended::Fault { fault: Fault::Late } => again.cut_short(recording.calls.len()),
            _ => {}
        }
        if matches!(recording.ended, Ended::Fault { fault: Fault::KeyTaken }) {
            again.set_aside_for_its_key();
        }
        let (then, new) = (outcome_bytes(&recording.ended), outcome_bytes(&again.recording.ended));
        let same = then == new && again.difference.is_none() && again.recording.calls == recording.calls;
        let difference = again.difference.or_else(|| (!same).then(|| "the ending has other bytes".to_owned()));
        Ok(Replayed { id: record.id, same, difference, calls: again.recording.calls.len(), bytes: new.len() })
    }

    /// What the log says of it, and what was sealed beside.
    async fn recorded(&self, id: &str) -> Result<(InvocationRecord, Recording), HouseError> {
        let unknown = || HouseError::Unknown { what: "invocation", id: pilothouse_registry::escape_name(id) };
        let entry = self.store.log().entry_by_id(id).await?.ok_or_else(unknown)?;
        let Record::Invocation(record) = Record::from_canonical(&entry.body)? else { return Err(unknown()) };
        if record.unwritten.is_some() {
            return Err(HouseError::Unwritten);
        }
        let beside = self.store.seals().find(entry.seq).await?.ok_or_else(unknown)?;
        let Beside::Sealed(sealed) = beside else { return Err(HouseError::Destroyed) };
        let key = self.master.unwrap(&sealed.wrapped_key, &entry.id)?;
        let plain = key.open(&entry.id, &sealed.ciphertext)?;
        let recording = serde_json::from_slice(&plain).map_err(|_| HouseError::Destroyed)?;
        Ok((*record, recording))
    }

    async fn linked(&self, package: &Package) -> Result<Replayer, HouseError> {
        let manifest = package.manifest();
        let id: &PilotId = &manifest.id;
        let engine = self.machine.engine();
        let component = self.compiler.component(engine, package.bytes()).await?;
        let terms = Terms {
            id: Arc::from(id.as_str()),
            rights: Arc::new(Effective::none()),
            // Pseudonyms and sealed references are answers of the recording, too: no key of this installation is needed.
            keys: Arc::new(PilotKeys::new(&Secret::new([0; 32]), id, 0)),
            budgets: Arc::new(Budgets::default()),
            deadline: Duration::from_millis(u64::from(manifest.limits.deadline_ms)),
            memory: manifest.limits.memory_kib as usize * 1024,
        };
        Replayer::new(engine, &component, terms)
            .map_err(|_| HouseError::NotGranted { pilot: id.clone(), functions: Vec::new() })
    }
}
