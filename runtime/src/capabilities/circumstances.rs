//! `pilothouse:call`: the occasion and the department's settings. Every pilot has them, so they need no grant; what they say is recorded whole.

use wasmtime::StoreContextMut;
use wasmtime::component::Linker;

use crate::call::Call;

/// Links the occasion's getters and the settings.
pub(crate) fn link(linker: &mut Linker<Call>) -> wasmtime::Result<()> {
    linker.instance("pilothouse:call/types@1.0.0")?;
    let mut occasion = linker.instance("pilothouse:call/occasion@1.0.0")?;
    occasion.func_wrap("at", |call: StoreContextMut<'_, Call>, (): ()| Ok((call.data().occasion.at,)))?;
    occasion
        .func_wrap("local-date", |call: StoreContextMut<'_, Call>, (): ()| Ok((call.data().occasion.local_date(),)))?;
    occasion
        .func_wrap("captured-at", |call: StoreContextMut<'_, Call>, (): ()| Ok((call.data().occasion.captured_at,)))?;
    occasion.func_wrap("unit", |call: StoreContextMut<'_, Call>, (): ()| Ok((call.data().occasion.unit.clone(),)))?;
    occasion.func_wrap("facility", |call: StoreContextMut<'_, Call>, (): ()| {
        Ok((call.data().occasion.facility.clone(),))
    })?;
    occasion
        .func_wrap("caller-role", |call: StoreContextMut<'_, Call>, (): ()| Ok((call.data().occasion.role.clone(),)))?;
    occasion
        .func_wrap("device", |call: StoreContextMut<'_, Call>, (): ()| Ok((call.data().occasion.device.clone(),)))?;
    occasion.func_wrap("reference", |call: StoreContextMut<'_, Call>, (): ()| {
        Ok((call.data().occasion.reference.clone(),))
    })?;
    occasion.func_wrap("seed", |call: StoreContextMut<'_, Call>, (): ()| Ok((call.data().occasion.seed,)))?;
    let mut settings = linker.instance("pilothouse:call/settings@1.0.0")?;
    settings.func_wrap("all", |call: StoreContextMut<'_, Call>, (): ()| Ok((call.data().settings.to_string(),)))?;
    Ok(())
}
