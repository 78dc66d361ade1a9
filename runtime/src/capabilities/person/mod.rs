//! `pilothouse:person`: handles, pseudonyms, sealed references. Answered by the host itself.

mod host;

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceType};

use crate::call::Call;
use crate::link::Granted;
use crate::people::Person;

/// Links those functions of `person` that this pilot was granted.
pub(crate) fn link(linker: &mut Linker<Call>, granted: &Granted<'_>) -> wasmtime::Result<()> {
    let mut people = linker.instance("pilothouse:person/people@1.0.0")?;
    people.resource("person", ResourceType::host::<Person>(), |mut call, rep| {
        call.data_mut().table.delete(Resource::<Person>::new_own(rep))?;
        Ok(())
    })?;
    if granted.has("person.pseudonym") {
        people.func_wrap_async(
            "[method]person.pseudonym",
            |mut call: StoreContextMut<'_, Call>, (person,): (Resource<Person>,)| {
                Box::new(async move { Ok((call.data_mut().pseudonym(&person).await?,)) })
            },
        )?;
    }
    if granted.has("person.kind") {
        people.func_wrap_async(
            "[method]person.kind",
            |mut call: StoreContextMut<'_, Call>, (person,): (Resource<Person>,)| {
                Box::new(async move { Ok((call.data_mut().kind(&person).await?,)) })
            },
        )?;
    }
    if granted.has("person.same") {
        people.func_wrap_async(
            "[method]person.same",
            |mut call: StoreContextMut<'_, Call>, (person, other): (Resource<Person>, Resource<Person>)| {
                Box::new(async move { Ok((call.data_mut().same(&person, &other).await?,)) })
            },
        )?;
    }
    if granted.has("person.seal") {
        people.func_wrap_async(
            "[method]person.seal",
            |mut call: StoreContextMut<'_, Call>, (person,): (Resource<Person>,)| {
                Box::new(async move { Ok((call.data_mut().seal(&person).await?,)) })
            },
        )?;
    }
    // A token names a person of this very call, to its own host: nothing is learned by it, so nothing passes the funnel.
    if granted.has("person.token") {
        people.func_wrap(
            "[method]person.token",
            |call: StoreContextMut<'_, Call>, (person,): (Resource<Person>,)| {
                Ok((call.data().handle(&person)?.token(),))
            },
        )?;
    }
    if granted.has("from-token") {
        people.func_wrap("from-token", |mut call: StoreContextMut<'_, Call>, (token,): (String,)| {
            let call = call.data_mut();
            Ok((match call.people.of_token(&token) {
                Some(person) => Some(call.hand_out(person)?),
                None => None,
            },))
        })?;
    }
    if granted.has("reopen") {
        people.func_wrap_async("reopen", |mut call: StoreContextMut<'_, Call>, (sealed,): (String,)| {
            Box::new(async move { Ok((call.data_mut().reopen(sealed).await?,)) })
        })?;
    }
    Ok(())
}
