//! `pilothouse:places`: units, facilities, the working-day calendar. No personal data.

mod host;
mod provider;

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceType};

use crate::call::Call;
use crate::link::Granted;

pub use host::{Facility, Unit};
pub use provider::Provider;

/// Links those functions of `places` that this pilot was granted.
pub(crate) fn link(linker: &mut Linker<Call>, granted: &Granted<'_>) -> wasmtime::Result<()> {
    let mut places = linker.instance("pilothouse:places/places@1.0.0")?;
    places.resource("unit", ResourceType::host::<Unit>(), |mut call, rep| {
        call.data_mut().table.delete(Resource::<Unit>::new_own(rep))?;
        Ok(())
    })?;
    places.resource("facility", ResourceType::host::<Facility>(), |mut call, rep| {
        call.data_mut().table.delete(Resource::<Facility>::new_own(rep))?;
        Ok(())
    })?;
    if granted.has("unit-on") {
        places.func_wrap_async("unit-on", |mut call: StoreContextMut<'_, Call>, (code, date): (String, String)| {
            Box::new(async move { Ok((call.data_mut().unit_on(code, date).await?,)) })
        })?;
        // Getters of what was given already: nothing is asked any more, so nothing passes the funnel again.
        places.func_wrap("[method]unit.code", |call: StoreContextMut<'_, Call>, (unit,): (Resource<Unit>,)| {
            Ok((call.data().table.get(&unit)?.code.clone(),))
        })?;
        places.func_wrap("[method]unit.name", |call: StoreContextMut<'_, Call>, (unit,): (Resource<Unit>,)| {
            Ok((call.data().table.get(&unit)?.name.clone(),))
        })?;
        places.func_wrap("[method]unit.level", |call: StoreContextMut<'_, Call>, (unit,): (Resource<Unit>,)| {
            Ok((call.data().table.get(&unit)?.level.clone(),))
        })?;
        places.func_wrap("[method]unit.parent", |call: StoreContextMut<'_, Call>, (unit,): (Resource<Unit>,)| {
            Ok((call.data().table.get(&unit)?.parent.clone(),))
        })?;
        places.func_wrap(
            "[method]unit.valid-from",
            |call: StoreContextMut<'_, Call>, (unit,): (Resource<Unit>,)| {
                Ok((call.data().table.get(&unit)?.valid_from.clone(),))
            },
        )?;
        places.func_wrap("[method]unit.valid-to", |call: StoreContextMut<'_, Call>, (unit,): (Resource<Unit>,)| {
            Ok((call.data().table.get(&unit)?.valid_to.clone(),))
        })?;
    }
    if granted.has("successors") {
        places.func_wrap_async(
            "successors",
            |mut call: StoreContextMut<'_, Call>, (code, date): (String, String)| {
                Box::new(async move { Ok((call.data_mut().successors(code, date).await?,)) })
            },
        )?;
    }
    if granted.has("predecessors") {
        places.func_wrap_async("predecessors", |mut call: StoreContextMut<'_, Call>, (code,): (String,)| {
            Box::new(async move { Ok((call.data_mut().predecessors(code).await?,)) })
        })?;
    }
    if granted.has("facility-by-id") {
        places.func_wrap_async("facility-by-id", |mut call: StoreContextMut<'_, Call>, (id,): (String,)| {
            Box::new(async move { Ok((call.data_mut().facility_by_id(id).await?,)) })
        })?;
        places.func_wrap(
            "[method]facility.id",
            |call: StoreContextMut<'_, Call>, (facility,): (Resource<Facility>,)| {
                Ok((call.data().table.get(&facility)?.id.clone(),))
            },
        )?;
        places.func_wrap(
            "[method]facility.class",
            |call: StoreContextMut<'_, Call>, (facility,): (Resource<Facility>,)| {
                Ok((call.data().table.get(&facility)?.class.clone(),))
            },
        )?;
        places.func_wrap(
            "[method]facility.unit",
            |call: StoreContextMut<'_, Call>, (facility,): (Resource<Facility>,)| {
                Ok((call.data().table.get(&facility)?.unit.clone(),))
            },
        )?;
        places.func_wrap(
            "[method]facility.capacity",
            |call: StoreContextMut<'_, Call>, (facility,): (Resource<Facility>,)| {
                Ok((call.data().table.get(&facility)?.capacity,))
            },
        )?;
        places.func_wrap(
            "[method]facility.licence",
            |call: StoreContextMut<'_, Call>, (facility,): (Resource<Facility>,)| {
                Ok((call.data().table.get(&facility)?.licence.clone(),))
            },
        )?;
        places.func_wrap(
            "[method]facility.insurance-code",
            |call: StoreContextMut<'_, Call>, (facility,): (Resource<Facility>,)| {
                Ok((call.data().table.get(&facility)?.insurance_code.clone(),))
            },
        )?;
    }
    if granted.has("facilities") {
        places.func_wrap_async(
            "facilities",
            |mut call: StoreContextMut<'_, Call>, (class, unit, after): (String, Option<String>, Option<String>)| {
                Box::new(async move { Ok((call.data_mut().facilities(class, unit, after).await?,)) })
            },
        )?;
    }
    if granted.has("working-day-add") {
        places.func_wrap_async(
            "working-day-add",
            |mut call: StoreContextMut<'_, Call>, (date, days): (String, i32)| {
                Box::new(async move { Ok((call.data_mut().working_day_add(date, days).await?,)) })
            },
        )?;
    }
    Ok(())
}
