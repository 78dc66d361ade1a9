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
    let json = imported::all();
    let mut reader = serde_json::Deserializer::from_str(&json);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        Refusal::new("settings")
            .because(format!("the manifest and the pilot's type differ at `{}`: make them agree", error.path()))
    })
}
