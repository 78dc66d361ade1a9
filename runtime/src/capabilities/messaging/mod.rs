//! `pilothouse:messaging`: messages to people and to the staff of facilities, in approved texts only.

mod host;
mod provider;

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};

use crate::call::Call;
use crate::contract::pilothouse::messaging::direct::Message;
use crate::link::Granted;
use crate::people::Person;

pub use provider::{MessageRow, OPT_OUT, Provider};

/// Links those functions of `messaging` that this pilot was granted.
pub(crate) fn link(linker: &mut Linker<Call>, granted: &Granted<'_>) -> wasmtime::Result<()> {
    let mut direct = linker.instance("pilothouse:messaging/direct@1.0.0")?;
    if granted.has("notify") {
        direct.func_wrap_async(
            "notify",
            |mut call: StoreContextMut<'_, Call>, (to, message): (Resource<Person>, Message)| {
                Box::new(async move { Ok((call.data_mut().message_person(&to, message).await?,)) })
            },
        )?;
    }
    if granted.has("notify-staff") {
        direct.func_wrap_async(
            "notify-staff",
            |mut call: StoreContextMut<'_, Call>, (facility, message): (String, Message)| {
                Box::new(async move { Ok((call.data_mut().message_staff(facility, message).await?,)) })
            },
        )?;
    }
    if granted.has("receipts") {
        direct.func_wrap_async(
            "receipts",
            |mut call: StoreContextMut<'_, Call>, (since, after): (i64, Option<String>)| {
                Box::new(async move { Ok((call.data_mut().receipts(since, after).await?,)) })
            },
        )?;
    }
    Ok(())
}
