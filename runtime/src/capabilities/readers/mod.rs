//! `pilothouse:readers`: how a person was read, and what the desk's reader shows.

mod host;

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceType};

use crate::call::Call;
use crate::link::Granted;
use crate::people::Person;

pub use host::Reading;

/// Links those functions of `readers` that this pilot was granted.
pub(crate) fn link(linker: &mut Linker<Call>, granted: &Granted<'_>) -> wasmtime::Result<()> {
    let mut readings = linker.instance("pilothouse:readers/readings@1.0.0")?;
    readings.resource("reading", ResourceType::host::<Reading>(), |mut call, rep| {
        call.data_mut().table.delete(Resource::<Reading>::new_own(rep))?;
        Ok(())
    })?;
    if granted.has("reading-of") {
        readings.func_wrap_async(
            "reading-of",
            |mut call: StoreContextMut<'_, Call>, (person,): (Resource<Person>,)| {
                Box::new(async move { Ok((call.data_mut().reading_of(&person).await?,)) })
            },
        )?;
    }
    if granted.has("show") {
        readings.func_wrap_async("show", |mut call: StoreContextMut<'_, Call>, (signal, text): (String, String)| {
            Box::new(async move { Ok((call.data_mut().show(signal, text).await?,)) })
        })?;
    }
    // Getters of a reading that was given: facts of this very call, so nothing passes the funnel again.
    if granted.has("reading.method") {
        readings.func_wrap(
            "[method]reading.method",
            |call: StoreContextMut<'_, Call>, (reading,): (Resource<Reading>,)| {
                Ok((call.data().table.get(&reading)?.presented.method.as_str().to_owned(),))
            },
        )?;
    }
    if granted.has("reading.assurance") {
        readings.func_wrap(
            "[method]reading.assurance",
            |call: StoreContextMut<'_, Call>, (reading,): (Resource<Reading>,)| {
                Ok((call.data().table.get(&reading)?.presented.assurance.clone(),))
            },
        )?;
    }
    if granted.has("reading.person") {
        readings.func_wrap(
            "[method]reading.person",
            |mut call: StoreContextMut<'_, Call>, (reading,): (Resource<Reading>,)| {
                let person = call.data().table.get(&reading)?.person;
                Ok((call.data_mut().hand_out(person)?,))
            },
        )?;
    }
    if granted.has("reading.document-kind") {
        readings.func_wrap(
            "[method]reading.document-kind",
            |call: StoreContextMut<'_, Call>, (reading,): (Resource<Reading>,)| {
                Ok((call.data().table.get(&reading)?.presented.document_kind.clone(),))
            },
        )?;
    }
    if granted.has("reading.captured-at") {
        readings.func_wrap(
            "[method]reading.captured-at",
            |call: StoreContextMut<'_, Call>, (reading,): (Resource<Reading>,)| {
                call.data().table.get(&reading)?;
                Ok((call.data().occasion.captured_at,))
            },
        )?;
    }
    if granted.has("reading.warnings") {
        readings.func_wrap(
            "[method]reading.warnings",
            |call: StoreContextMut<'_, Call>, (reading,): (Resource<Reading>,)| {
                Ok((call.data().table.get(&reading)?.presented.warnings.clone(),))
            },
        )?;
    }
    Ok(())
}
