//! `pilothouse:population`: the national population database, asked about one person or about many.

mod counting;
mod host;
mod provider;

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceType};

use crate::call::Call;
use crate::contract::pilothouse::population::individuals::Claim;
use crate::contract::pilothouse::population::statistics::Condition;
use crate::link::Granted;
use crate::people::Person;

pub use host::AnswerTable;
pub use provider::Provider;
pub(crate) use provider::shown;

/// Links those functions of `population` that this pilot was granted.
pub(crate) fn link(linker: &mut Linker<Call>, granted: &Granted<'_>) -> wasmtime::Result<()> {
    let mut individuals = linker.instance("pilothouse:population/individuals@1.0.0")?;
    if granted.has("verify") {
        individuals.func_wrap_async(
            "verify",
            |mut call: StoreContextMut<'_, Call>, (person, claims): (Resource<Person>, Vec<Claim>)| {
                Box::new(async move { Ok((call.data_mut().verify(&person, claims).await?,)) })
            },
        )?;
    }
    if granted.has("related") {
        individuals.func_wrap_async(
            "related",
            |mut call: StoreContextMut<'_, Call>,
             (person, other, relation): (Resource<Person>, Resource<Person>, String)| {
                Box::new(async move { Ok((call.data_mut().related(&person, &other, relation).await?,)) })
            },
        )?;
    }
    if granted.has("read") {
        individuals.func_wrap_async(
            "read",
            |mut call: StoreContextMut<'_, Call>, (person, field): (Resource<Person>, String)| {
                Box::new(async move { Ok((call.data_mut().read(&person, field).await?,)) })
            },
        )?;
    }
    if granted.has("household") {
        individuals.func_wrap_async(
            "household",
            |mut call: StoreContextMut<'_, Call>, (person,): (Resource<Person>,)| {
                Box::new(async move { Ok((call.data_mut().household(&person).await?,)) })
            },
        )?;
    }
    let mut statistics = linker.instance("pilothouse:population/statistics@1.0.0")?;
    statistics.resource("answer-table", ResourceType::host::<AnswerTable>(), |mut call, rep| {
        call.data_mut().table.delete(Resource::<AnswerTable>::new_own(rep))?;
        Ok(())
    })?;
    if granted.has("aggregate") {
        statistics.func_wrap_async(
            "aggregate",
            |mut call: StoreContextMut<'_, Call>,
             (measure, dimensions, conditions): (String, Vec<String>, Vec<Condition>)| {
                Box::new(async move { Ok((call.data_mut().aggregate(measure, dimensions, conditions).await?,)) })
            },
        )?;
        // Getters of an answer that was given: nothing is asked any more, so nothing passes the funnel again.
        statistics.func_wrap(
            "[method]answer-table.cells",
            |call: StoreContextMut<'_, Call>, (table, start): (Resource<AnswerTable>, u32)| {
                Ok((call.data().table.get(&table)?.page(start),))
            },
        )?;
        statistics.func_wrap(
            "[method]answer-table.size",
            |call: StoreContextMut<'_, Call>, (table,): (Resource<AnswerTable>,)| {
                Ok((call.data().table.get(&table)?.size(),))
            },
        )?;
        statistics.func_wrap(
            "[method]answer-table.suppressed",
            |call: StoreContextMut<'_, Call>, (table,): (Resource<AnswerTable>,)| {
                Ok((call.data().table.get(&table)?.suppressed(),))
            },
        )?;
        statistics.func_wrap(
            "[method]answer-table.total",
            |call: StoreContextMut<'_, Call>, (table,): (Resource<AnswerTable>,)| {
                Ok((call.data().table.get(&table)?.total,))
            },
        )?;
        statistics.func_wrap(
            "[method]answer-table.minimum",
            |call: StoreContextMut<'_, Call>, (table,): (Resource<AnswerTable>,)| {
                Ok((call.data().table.get(&table)?.minimum,))
            },
        )?;
    }
    Ok(())
}
