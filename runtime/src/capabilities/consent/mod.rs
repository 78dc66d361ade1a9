//! `pilothouse:consent`: what people allowed.

mod host;
mod provider;

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};

use crate::call::Call;
use crate::link::Granted;
use crate::people::Person;

pub use provider::{ConsentRow, Provider};

type About = (Resource<Person>, String, String);
type Asked = (Resource<Person>, String, String, String, String);

/// Links those functions of `consent` that this pilot was granted.
pub(crate) fn link(linker: &mut Linker<Call>, granted: &Granted<'_>) -> wasmtime::Result<()> {
    let mut consents = linker.instance("pilothouse:consent/consents@1.0.0")?;
    if granted.has("state") {
        consents.func_wrap_async("state", |mut call: StoreContextMut<'_, Call>, about: About| {
            Box::new(async move { Ok((call.data_mut().consent_state(about).await?,)) })
        })?;
    }
    if granted.has("request") {
        consents.func_wrap_async("request", |mut call: StoreContextMut<'_, Call>, asked: Asked| {
            Box::new(async move { Ok((call.data_mut().request_consent(asked).await?,)) })
        })?;
    }
    if granted.has("withdrawn-since") {
        consents.func_wrap_async(
            "withdrawn-since",
            |mut call: StoreContextMut<'_, Call>, (at, after): (i64, Option<String>)| {
                Box::new(async move { Ok((call.data_mut().withdrawn_since(at, after).await?,)) })
            },
        )?;
    }
    Ok(())
}
