//! The smallest useful pilot: one person, one question through the funnel, one decision. What a call costs is measured on it.
#![forbid(unsafe_code)]

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

pilothouse_sdk::export! {
    operations: { "greet" => greet, "compute" => compute },
}

/// Who stands at the desk.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Greet {
    patient: Person,
}

/// How much to compute.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Compute {
    steps: u64,
}

/// What keeps a processor busy: no step of it can be left out.
fn compute(_occasion: &Occasion, req: Compute) -> Result<Outcome, Refusal> {
    let sum = (0..req.steps).fold(1_u64, |sum, step| core::hint::black_box(sum.wrapping_mul(3).wrapping_add(step)));
    Ok(Outcome::new(if sum == 0 { "unknown" } else { "known" }))
}

fn greet(_occasion: &Occasion, req: Greet) -> Result<Outcome, Refusal> {
    let [alive] = population::verify(&req.patient, [Claim::Alive])?;
    Ok(if alive.is_yes() { Outcome::new("known") } else { Outcome::new("unknown").reason("no-answer") })
}
