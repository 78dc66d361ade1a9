//! The contract as `wit-bindgen` writes it. Only this crate and its `export!` name what stands here.
//!
//! One world holds all imports; the three worlds with an export each reuse its types. The types of the worlds that a pilot exports are
//! merged when its component is made, so any of the three may be exported together, and none must be.

/// Everything that can be imported.
pub mod imports {
    wit_bindgen::generate!({
        path: "../wit",
        world: "capabilities",
        generate_all,
        generate_unused_types: true,
    });
}

macro_rules! exporting {
    ($module:ident, $world:literal, $default:literal) => {
        pub mod $module {
            wit_bindgen::generate!({
                path: "../wit",
                world: $world,
                pub_export_macro: true,
                default_bindings_module: $default,
                with: {
                    "pilothouse:call/types@1.0.0": crate::bindings::imports::pilothouse::call::types,
                    "pilothouse:call/occasion@1.0.0": crate::bindings::imports::pilothouse::call::occasion,
                    "pilothouse:call/settings@1.0.0": crate::bindings::imports::pilothouse::call::settings,
                    "pilothouse:person/people@1.0.0": crate::bindings::imports::pilothouse::person::people,
                    "pilothouse:population/individuals@1.0.0": crate::bindings::imports::pilothouse::population::individuals,
                    "pilothouse:population/statistics@1.0.0": crate::bindings::imports::pilothouse::population::statistics,
                    "pilothouse:registers/sector@1.0.0": crate::bindings::imports::pilothouse::registers::sector,
                    "pilothouse:readers/readings@1.0.0": crate::bindings::imports::pilothouse::readers::readings,
                    "pilothouse:places/places@1.0.0": crate::bindings::imports::pilothouse::places::places,
                    "pilothouse:lodging/notices@1.0.0": crate::bindings::imports::pilothouse::lodging::notices,
                    "pilothouse:alerts/duty@1.0.0": crate::bindings::imports::pilothouse::alerts::duty,
                    "pilothouse:consent/consents@1.0.0": crate::bindings::imports::pilothouse::consent::consents,
                    "pilothouse:messaging/direct@1.0.0": crate::bindings::imports::pilothouse::messaging::direct,
                    "pilothouse:records/tables@1.0.0": crate::bindings::imports::pilothouse::records::tables,
                    "pilothouse:reporting/reports@1.0.0": crate::bindings::imports::pilothouse::reporting::reports,
                },
            });
        }
    };
}

exporting!(operations, "operations-pilot", "pilothouse_sdk::bindings::operations");
exporting!(readings, "readings-pilot", "pilothouse_sdk::bindings::readings");
exporting!(schedules, "schedules-pilot", "pilothouse_sdk::bindings::schedules");
