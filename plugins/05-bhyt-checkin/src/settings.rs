//! The department's settings, as `[config]` of the manifest declares them.

use pilothouse_sdk::prelude::*;
use serde::Deserialize;

use crate::rules::VisitKind;

/// What an expired identity card means where the insurance is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ExpiredId {
    /// Admit, and tell the patient to renew it.
    Admit,
    /// Admit, and verify the insurance later.
    VerifyLater,
}

/// The settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Settings {
    pub(crate) late_limit_hours: u32,
    pub(crate) double_tap_seconds: u32,
    pub(crate) verify_later_days: u16,
    pub(crate) accept_expired_id: ExpiredId,
    pub(crate) min_assurance_first: Assurance,
    pub(crate) min_assurance_follow_up: Assurance,
    pub(crate) referral_classes: Vec<String>,
    pub(crate) alert_on_deceased: bool,
}

impl Settings {
    /// The rung that the department asks for.
    pub(crate) fn min_assurance(&self, kind: VisitKind) -> Assurance {
        match kind {
            VisitKind::FollowUp => self.min_assurance_follow_up,
            VisitKind::Outpatient | VisitKind::Inpatient => self.min_assurance_first,
            // Who comes in an emergency is treated first.
            VisitKind::Emergency => Assurance::Declared,
        }
    }
}
