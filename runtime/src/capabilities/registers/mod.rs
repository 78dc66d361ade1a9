//! `pilothouse:registers`: sector registers about a person, one shape for all of them.

mod host;
mod provider;

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceType};

use crate::call::Call;
use crate::contract::pilothouse::registers::sector::Change;
use crate::link::Granted;
use crate::people::Person;

pub use host::Entry;
pub use provider::Provider;

type Proposal = (String, Resource<Person>, String, Vec<Change>, String);

/// Links those functions of `registers` that this pilot was granted.
pub(crate) fn link(linker: &mut Linker<Call>, granted: &Granted<'_>) -> wasmtime::Result<()> {
    let mut sector = linker.instance("pilothouse:registers/sector@1.0.0")?;
    sector.resource("entry", ResourceType::host::<Entry>(), |mut call, rep| {
        call.data_mut().table.delete(Resource::<Entry>::new_own(rep))?;
        Ok(())
    })?;
    if granted.has("find") {
        sector.func_wrap_async(
            "find",
            |mut call: StoreContextMut<'_, Call>, (register, person): (String, Resource<Person>)| {
                Box::new(async move { Ok((call.data_mut().find_entry(register, &person).await?,)) })
            },
        )?;
    }
    if granted.has("propose") {
        sector.func_wrap_async("propose", |mut call: StoreContextMut<'_, Call>, proposal: Proposal| {
            Box::new(async move { Ok((call.data_mut().propose(proposal).await?,)) })
        })?;
    }
    if granted.has("entry.version") {
        sector.func_wrap(
            "[method]entry.version",
            |call: StoreContextMut<'_, Call>, (entry,): (Resource<Entry>,)| {
                Ok((call.data().table.get(&entry)?.version.clone(),))
            },
        )?;
    }
    if granted.has("entry.get") {
        sector.func_wrap_async(
            "[method]entry.get",
            |mut call: StoreContextMut<'_, Call>, (entry, field): (Resource<Entry>, String)| {
                Box::new(async move { Ok((call.data_mut().entry_field(&entry, field).await?,)) })
            },
        )?;
    }
    if granted.has("entry.agrees") {
        sector.func_wrap_async(
            "[method]entry.agrees",
            |mut call: StoreContextMut<'_, Call>, (entry, facts): (Resource<Entry>, Vec<String>)| {
                Box::new(async move { Ok((call.data_mut().entry_agrees(&entry, facts).await?,)) })
            },
        )?;
    }
    Ok(())
}
