//! `pilothouse:lodging`: stays, and the notices that a facility owes the police about them.

mod host;
mod provider;

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};

use crate::call::Call;
use crate::contract::pilothouse::lodging::notices::Stay;
use crate::link::Granted;
use crate::people::Person;

pub use provider::{Desk, OPEN_INDEX, Provider, STAYS_OWNER, STAYS_TABLE, StayRow, WAITING_INDEX, due_place};

type Amendment = (String, String, Option<String>, Option<String>);

/// Links those functions of `lodging` that this pilot was granted.
pub(crate) fn link(linker: &mut Linker<Call>, granted: &Granted<'_>) -> wasmtime::Result<()> {
    let mut notices = linker.instance("pilothouse:lodging/notices@1.0.0")?;
    if granted.has("notify") {
        notices.func_wrap_async(
            "notify",
            |mut call: StoreContextMut<'_, Call>, (person, stay): (Resource<Person>, Stay)| {
                Box::new(async move { Ok((call.data_mut().notify(&person, stay).await?,)) })
            },
        )?;
    }
    if granted.has("amend") {
        notices.func_wrap_async("amend", |mut call: StoreContextMut<'_, Call>, amendment: Amendment| {
            Box::new(async move { Ok((call.data_mut().amend(amendment).await?,)) })
        })?;
    }
    if granted.has("depart") {
        notices.func_wrap_async(
            "depart",
            |mut call: StoreContextMut<'_, Call>, (facility, reference, left): (String, String, i64)| {
                Box::new(async move { Ok((call.data_mut().depart(facility, reference, left).await?,)) })
            },
        )?;
    }
    if granted.has("cancel") {
        notices.func_wrap_async(
            "cancel",
            |mut call: StoreContextMut<'_, Call>, (facility, reference, why): (String, String, String)| {
                Box::new(async move { Ok((call.data_mut().cancel(facility, reference, why).await?,)) })
            },
        )?;
    }
    if granted.has("state") {
        notices.func_wrap_async(
            "state",
            |mut call: StoreContextMut<'_, Call>, (facility, reference): (String, String)| {
                Box::new(async move { Ok((call.data_mut().stay_state(facility, reference).await?,)) })
            },
        )?;
    }
    if granted.has("open-stays") {
        notices.func_wrap_async(
            "open-stays",
            |mut call: StoreContextMut<'_, Call>, (facility, after): (String, Option<String>)| {
                Box::new(async move { Ok((call.data_mut().open_stays(facility, after).await?,)) })
            },
        )?;
    }
    Ok(())
}
