//! The smallest useful pilot: one person, one question through the funnel, one decision. What a call costs is measured on it.
#![forbid(unsafe_code)]

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

pilothouse_sdk::export! {
    operations: { "greet" => greet },
}

/// Who stands at the desk.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Greet {
    patient: Person,
}

fn greet(_occasion: &Occasion, req: Greet) -> Result<Outcome, Refusal> {
    let [alive] = population::verify(&req.patient, [Claim::Alive])?;
    Ok(if alive.is_yes() { Outcome::new("known") } else { Outcome::new("unknown").reason("no-answer") })
}
