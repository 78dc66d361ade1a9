//! `pilothouse:reporting`: indicators, obstacles, series. Held back with the call and kept with its evidence.

mod host;

use wasmtime::StoreContextMut;
use wasmtime::component::Linker;

use crate::call::Call;
use crate::contract::pilothouse::reporting::reports::Point;
use crate::link::Granted;

type Published = (String, String, String, String, Vec<Point>);

/// Links those functions of `reporting` that this pilot was granted.
pub(crate) fn link(linker: &mut Linker<Call>, granted: &Granted<'_>) -> wasmtime::Result<()> {
    let mut reports = linker.instance("pilothouse:reporting/reports@1.0.0")?;
    if granted.has("count") {
        reports.func_wrap_async(
            "count",
            |mut call: StoreContextMut<'_, Call>, (indicator, n, dims): (String, u32, Vec<(String, String)>)| {
                Box::new(async move { Ok((call.data_mut().count(indicator, n, dims).await?,)) })
            },
        )?;
    }
    if granted.has("obstacle") {
        reports.func_wrap_async(
            "obstacle",
            |mut call: StoreContextMut<'_, Call>, (kind, text): (String, String)| {
                Box::new(async move { Ok((call.data_mut().obstacle("obstacle", kind, Some(text)).await?,)) })
            },
        )?;
    }
    if granted.has("resolve") {
        reports.func_wrap_async("resolve", |mut call: StoreContextMut<'_, Call>, (kind,): (String,)| {
            Box::new(async move { Ok((call.data_mut().obstacle("resolve", kind, None).await?,)) })
        })?;
    }
    if granted.has("series") {
        reports.func_wrap_async("series", |mut call: StoreContextMut<'_, Call>, published: Published| {
            Box::new(async move { Ok((call.data_mut().series(published).await?,)) })
        })?;
    }
    Ok(())
}
