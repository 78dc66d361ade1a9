//! What a grant of `alerts` may say: which kinds may be raised, and how grave.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Difference, MissKind, Scope, ScopeMiss, both, name_words};
use crate::ids::AlertKind;

/// What a grant of `alerts` may say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct AlertsScope {
    /// Kinds that may be raised.
    pub kinds: BTreeSet<AlertKind>,
    /// The gravest severity: 1 (good to know) to 4 (at once).
    pub max_severity: u8,
}

/// What a call asks of `alerts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertsAsk<'a> {
    /// To raise an alert.
    Raise {
        /// Of this kind.
        kind: &'a AlertKind,
        /// So grave.
        severity: u8,
    },
    /// Something about an alert that was raised: more facts, its state.
    Raised {
        /// Of this kind.
        kind: &'a AlertKind,
    },
}

impl Scope for AlertsScope {
    type Ask<'a> = AlertsAsk<'a>;

    fn narrow(&self, other: &Self) -> Self {
        Self { kinds: both(&self.kinds, &other.kinds), max_severity: self.max_severity.min(other.max_severity) }
    }

    fn permits(&self, ask: &AlertsAsk<'_>) -> Result<(), ScopeMiss> {
        let (AlertsAsk::Raise { kind, .. } | AlertsAsk::Raised { kind }) = ask;
        if !self.kinds.contains(*kind) {
            return Err(ScopeMiss::new("kinds", kind, MissKind::Field));
        }
        match ask {
            AlertsAsk::Raise { severity, .. } if *severity > self.max_severity => {
                Err(ScopeMiss::new("max-severity", "severity", MissKind::Other))
            }
            AlertsAsk::Raise { .. } | AlertsAsk::Raised { .. } => Ok(()),
        }
    }

    fn beyond(&self, old: &Self) -> Vec<Difference> {
        [
            Difference::of_sets(
                "kinds",
                &old.kinds,
                &self.kinds,
                ("Báo trực ban{ thêm} loại", "Raises alerts{ in addition} of kind"),
                name_words,
            ),
            Difference::of_maxima(
                "max-severity",
                old.max_severity,
                self.max_severity,
                ("Mức nghiêm trọng cao nhất được báo", "Gravest alert that may be raised"),
            ),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
