//! The department's settings, as the pilot's own type.

use serde::de::DeserializeOwned;

use crate::Refusal;
use crate::bindings::imports::pilothouse::call::settings as imported;

/// The department's settings of this pilot. Keys that the department left alone have the manifest's default.
///
/// Setting names are in kebab case: `#[serde(rename_all = "kebab-case")]`.
///
/// # Errors
/// The refusal `settings` where the pilot's type and its manifest differ, which the pilot's scenarios find.
pub fn settings<T: DeserializeOwned>() -> Result<T, Refusal> {
    // Plain serde says which key it is, and a second parser of each type would be code in every component.
    serde_json::from_str(&imported::all()).map_err(|error| {
        let why = crate::export::without_values(&error.to_string());
        Refusal::new("settings").because(format!("the manifest and the pilot's type differ ({why}): make them agree"))
    })
}
