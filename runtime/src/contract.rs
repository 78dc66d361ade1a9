//! The contract as Rust sees it: types generated from `wit/`. Only this room and the capabilities' `host.rs` know generated names.

wasmtime::component::bindgen!({
    path: "../wit",
    world: "capabilities",
    imports: { default: async | trappable },
    additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
    with: {
        "pilothouse:person/people.person": crate::people::Person,
        "pilothouse:population/statistics.answer-table": crate::capabilities::population::AnswerTable,
        "pilothouse:registers/sector.entry": crate::capabilities::registers::Entry,
        "pilothouse:readers/readings.reading": crate::capabilities::readers::Reading,
        "pilothouse:places/places.unit": crate::capabilities::places::Unit,
        "pilothouse:places/places.facility": crate::capabilities::places::Facility,
    },
});

pub(crate) use pilothouse::call::types::{Denial, Outcome, Refusal};
