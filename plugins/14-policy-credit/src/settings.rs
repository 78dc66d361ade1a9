//! The bank's settings, as `[config]` of the manifest declares them. Conditions of programmes are the bank's, never the code's.

use pilothouse_sdk::prelude::*;
use serde::Deserialize;

use crate::rules::ResidenceRule;

/// How many loans of a programme one household may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum HouseholdRule {
    One,
    Any,
}

/// A programme as the bank has signed it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Programme {
    pub(crate) code: String,
    /// Categories of the beneficiaries' list, with spaces between them; none where the programme is open to all.
    pub(crate) categories: String,
    /// In đồng.
    pub(crate) ceiling: Money,
    pub(crate) term_months: u16,
    pub(crate) min_age: u8,
    pub(crate) max_age: u8,
    pub(crate) household: HouseholdRule,
    pub(crate) residence: ResidenceRule,
}

/// The settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Settings {
    programmes: Vec<Programme>,
    pub(crate) list_grace_days: u16,
    pub(crate) stale_after_days: u16,
    pub(crate) min_assurance_first: Assurance,
    pub(crate) consent_days: u16,
}

impl Settings {
    /// The programme of that code.
    ///
    /// # Errors
    /// `invalid` at `/programme_code`.
    pub(crate) fn programme(&self, code: &Ref) -> Result<&Programme, Refusal> {
        self.programmes.iter().find(|programme| programme.code == code.as_str()).ok_or_else(|| {
            Refusal::invalid("/programme_code", "name a programme that the bank has entered in its settings")
        })
    }
}
