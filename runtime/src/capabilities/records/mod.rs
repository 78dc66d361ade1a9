//! `pilothouse:records`: the pilot's own tables. Reads see the call's own writes; writes are kept with its evidence or not at all.

mod host;
mod provider;
#[cfg(test)]
mod suite;

use wasmtime::StoreContextMut;
use wasmtime::component::Linker;

use crate::call::Call;
use crate::link::Granted;

pub(crate) use provider::Scan;
pub use provider::{Memory, Provider, Room, Row};

type Put = (String, String, String, Option<u64>, Vec<(String, String)>);
type Scanned = (String, String, String, Option<String>, u32);

/// Links those functions of `records` that this pilot was granted.
pub(crate) fn link(linker: &mut Linker<Call>, granted: &Granted<'_>) -> wasmtime::Result<()> {
    let mut tables = linker.instance("pilothouse:records/tables@1.0.0")?;
    if granted.has("get") {
        tables.func_wrap_async("get", |mut call: StoreContextMut<'_, Call>, (table, key): (String, String)| {
            Box::new(async move { Ok((call.data_mut().get_row(table, key).await?,)) })
        })?;
    }
    if granted.has("put") {
        tables.func_wrap_async("put", |mut call: StoreContextMut<'_, Call>, put: Put| {
            Box::new(async move { Ok((call.data_mut().put_row(put).await?,)) })
        })?;
    }
    if granted.has("delete") {
        tables.func_wrap_async(
            "delete",
            |mut call: StoreContextMut<'_, Call>, (table, key, expected): (String, String, Option<u64>)| {
                Box::new(async move { Ok((call.data_mut().delete_row(table, key, expected).await?,)) })
            },
        )?;
    }
    if granted.has("scan") {
        tables.func_wrap_async("scan", |mut call: StoreContextMut<'_, Call>, scan: Scanned| {
            Box::new(async move { Ok((call.data_mut().scan_rows(scan).await?,)) })
        })?;
    }
    Ok(())
}
