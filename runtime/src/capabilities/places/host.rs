//! The host functions of `places`.

use pilothouse_registry::scope::{AnyAsk, PlacesAsk};
use pilothouse_registry::{Capability, FacilityClass};
use serde::{Deserialize, Serialize};
use wasmtime::component::Resource;

use crate::call::Call;
use crate::capabilities::funnel::Request;
use crate::capabilities::registered;
use crate::contract::Denial;
use crate::rights;

/// Longest code, id, class or date, in bytes.
const MAX_NAME: usize = 32;
/// Furthest working day, either way; the contract says so.
const MAX_DAYS: u32 = 400;

/// An administrative unit on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) level: String,
    pub(crate) parent: Option<String>,
    pub(crate) valid_from: Option<String>,
    pub(crate) valid_to: Option<String>,
}

/// A facility.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facility {
    pub(crate) id: String,
    pub(crate) class: String,
    pub(crate) unit: String,
    pub(crate) capacity: Option<u32>,
    pub(crate) licence: String,
    pub(crate) insurance_code: Option<String>,
}

fn fits(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_NAME
}

fn request<'a>(function: &'static str, class: Option<&'a FacilityClass>) -> Request<'a> {
    let (capability, ask) = (Capability::Places, class.map(|class| AnyAsk::Places(PlacesAsk::Class(class))));
    Request { capability, function, ask, asked: Vec::new(), units: Vec::new(), person: None, effect: false }
}

impl Call {
    pub(crate) async fn unit_on(
        &mut self,
        code: String,
        date: String,
    ) -> wasmtime::Result<Result<Option<Resource<Unit>>, Denial>> {
        if !fits(&code) || !fits(&date) {
            return Ok(self.funnel.refuse(Capability::Places, "unit-on", "code", &(code.len(), date.len()))?);
        }
        let Call { funnel, providers, .. } = self;
        let answer: Result<Option<Unit>, Denial> = funnel
            .pass(request("unit-on", None), &(&code, &date), |permit| providers.places.unit_on(permit, &code, &date))
            .await?;
        Ok(match answer {
            Ok(Some(unit)) => Ok(Some(self.table.push(unit)?)),
            Ok(None) => Ok(None),
            Err(denial) => Err(denial),
        })
    }

    pub(crate) async fn successors(
        &mut self,
        code: String,
        date: String,
    ) -> wasmtime::Result<Result<Vec<String>, Denial>> {
        if !fits(&code) || !fits(&date) {
            return Ok(self.funnel.refuse(Capability::Places, "successors", "code", &(code.len(), date.len()))?);
        }
        let Call { funnel, providers, .. } = self;
        Ok(funnel
            .pass(request("successors", None), &(&code, &date), |permit| {
                providers.places.successors(permit, &code, &date)
            })
            .await?)
    }

    pub(crate) async fn predecessors(&mut self, code: String) -> wasmtime::Result<Result<Vec<String>, Denial>> {
        if !fits(&code) {
            return Ok(self.funnel.refuse(Capability::Places, "predecessors", "code", &code.len())?);
        }
        let Call { funnel, providers, .. } = self;
        Ok(funnel
            .pass(request("predecessors", None), &code, |permit| providers.places.predecessors(permit, &code))
            .await?)
    }

    pub(crate) async fn facility_by_id(
        &mut self,
        id: String,
    ) -> wasmtime::Result<Result<Option<Resource<Facility>>, Denial>> {
        if !fits(&id) {
            return Ok(self.funnel.refuse(Capability::Places, "facility-by-id", "id", &id.len())?);
        }
        let Call { funnel, providers, .. } = self;
        // A facility of a class that was not granted answers as one that does not exist.
        let request = request("facility-by-id", None);
        let classes = rights::facility_classes(funnel.decided_by(&funnel.rights(), &request));
        let answer: Result<Option<Facility>, Denial> =
            funnel.pass(request, &id, |permit| providers.places.facility(permit, &id, &classes)).await?;
        Ok(match answer {
            Ok(Some(facility)) => Ok(Some(self.table.push(facility)?)),
            Ok(None) => Ok(None),
            Err(denial) => Err(denial),
        })
    }

    pub(crate) async fn facilities(
        &mut self,
        class: String,
        unit: Option<String>,
        after: Option<String>,
    ) -> wasmtime::Result<Result<Vec<String>, Denial>> {
        let bounded = unit.as_deref().is_none_or(fits) && after.as_deref().is_none_or(fits);
        let Some(class) = registered::<FacilityClass>(&class).filter(|_| bounded) else {
            return Ok(self.funnel.refuse(Capability::Places, "facilities", "class", &class.len())?);
        };
        let Call { funnel, providers, .. } = self;
        Ok(funnel
            .pass(request("facilities", Some(&class)), &(&class, &unit, &after), |permit| {
                providers.places.facilities(permit, &class, unit.as_deref(), after.as_deref())
            })
            .await?)
    }

    pub(crate) async fn working_day_add(
        &mut self,
        date: String,
        days: i32,
    ) -> wasmtime::Result<Result<String, Denial>> {
        if !fits(&date) || days.unsigned_abs() > MAX_DAYS {
            return Ok(self.funnel.refuse(Capability::Places, "working-day-add", "days", &days)?);
        }
        let Call { funnel, providers, .. } = self;
        Ok(funnel
            .pass(request("working-day-add", None), &(&date, days), |permit| {
                providers.places.working_day_add(permit, &date, days)
            })
            .await?)
    }
}
