//! Decisions that cite a figure: entered by hand, so that the evaluation knows what the figures were good for.

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::figures::Figures;

const CITATIONS: Table<Citation> = Table::named("citations");

/// Longest number of a decision, in bytes: with the reference it is the key of a row.
const LONGEST_DECISION: usize = 60;

/// A decision that cites a figure.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CiteFigure {
    /// Reference of the series.
    series: Ref,
    /// Number of the decision.
    decision: Ref,
}

/// A citation as it is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Citation {
    noted: Date,
}

impl Record for Citation {}

/// Notes that a decision cites a figure; the same twice is one.
pub(crate) fn cite_figure(occasion: &Occasion, req: CiteFigure) -> Result<Outcome, Refusal> {
    if req.decision.as_str().len() > LONGEST_DECISION {
        return Err(Refusal::invalid("/decision", "the number of a decision has at most 60 bytes"));
    }
    if Figures::kept(req.series.as_str())?.is_none() {
        return Err(Refusal::new("no-such-series").at("/series").because("run the question as of that day first"));
    }
    let key = format!("{}|{}", req.decision, req.series);
    if CITATIONS.get(&key)?.is_none() {
        CITATIONS.insert(&key, &Citation { noted: occasion.local_date() })?;
        reporting::count("citing-decisions", 1);
    }
    Ok(Outcome::new("noted").say("noted", []))
}
