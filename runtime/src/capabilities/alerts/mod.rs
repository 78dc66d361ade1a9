//! `pilothouse:alerts`: what somebody on duty must act on.

mod host;
mod provider;

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};

use crate::call::Call;
use crate::contract::pilothouse::alerts::duty::Alert;
use crate::link::Granted;
use crate::people::Person;

pub use provider::{AlertRow, Provider};

type Facts = Vec<(String, String)>;

/// Links those functions of `alerts` that this pilot was granted.
pub(crate) fn link(linker: &mut Linker<Call>, granted: &Granted<'_>) -> wasmtime::Result<()> {
    let mut duty = linker.instance("pilothouse:alerts/duty@1.0.0")?;
    if granted.has("raise") {
        duty.func_wrap_async(
            "raise",
            |mut call: StoreContextMut<'_, Call>, (alert, person): (Alert, Option<Resource<Person>>)| {
                Box::new(async move { Ok((call.data_mut().raise(alert, person).await?,)) })
            },
        )?;
    }
    if granted.has("update") {
        duty.func_wrap_async("update", |mut call: StoreContextMut<'_, Call>, (reference, facts): (String, Facts)| {
            Box::new(async move { Ok((call.data_mut().update_alert(reference, facts).await?,)) })
        })?;
    }
    if granted.has("state") {
        duty.func_wrap_async("state", |mut call: StoreContextMut<'_, Call>, (reference,): (String,)| {
            Box::new(async move { Ok((call.data_mut().alert_state(reference).await?,)) })
        })?;
    }
    Ok(())
}
