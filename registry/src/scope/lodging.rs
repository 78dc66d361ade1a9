//! What a grant of `lodging` may say: whose guests may be notified, and how far back.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Difference, MissKind, Scope, ScopeMiss, both, name_words};
use crate::ids::FacilityClass;

/// What a grant of `lodging` may say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct LodgingScope {
    /// Classes of facility whose guests may be notified.
    pub facility_classes: BTreeSet<FacilityClass>,
    /// Whether guests without Vietnamese identity may be notified too (another law, another provider).
    pub foreign_guests: bool,
    /// How many days ago a stay may have begun. 0: today only.
    pub day_window: u32,
}

/// What a call asks of `lodging`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LodgingAsk<'a> {
    /// A notice about a guest.
    Notice {
        /// Class of the facility.
        class: &'a FacilityClass,
        /// Whether the guest has no Vietnamese identity.
        foreign: bool,
        /// Days since the arrival.
        days_back: u32,
    },
    /// Something about a stay that was notified: change, departure, state.
    Stay {
        /// Class of the facility.
        class: &'a FacilityClass,
    },
}

impl Scope for LodgingScope {
    type Ask<'a> = LodgingAsk<'a>;

    fn narrow(&self, other: &Self) -> Self {
        Self {
            facility_classes: both(&self.facility_classes, &other.facility_classes),
            foreign_guests: self.foreign_guests && other.foreign_guests,
            day_window: self.day_window.min(other.day_window),
        }
    }

    fn permits(&self, ask: &LodgingAsk<'_>) -> Result<(), ScopeMiss> {
        let (LodgingAsk::Notice { class, .. } | LodgingAsk::Stay { class }) = ask;
        if !self.facility_classes.contains(*class) {
            return Err(ScopeMiss::new("facility-classes", class, MissKind::Field));
        }
        match ask {
            LodgingAsk::Notice { foreign: true, .. } if !self.foreign_guests => {
                Err(ScopeMiss::new("foreign-guests", "foreigner", MissKind::Field))
            }
            LodgingAsk::Notice { days_back, .. } if *days_back > self.day_window => {
                Err(ScopeMiss::new("day-window", "arrived", MissKind::Other))
            }
            LodgingAsk::Notice { .. } | LodgingAsk::Stay { .. } => Ok(()),
        }
    }

    fn beyond(&self, old: &Self) -> Vec<Difference> {
        [
            Difference::of_sets(
                "facility-classes",
                &old.facility_classes,
                &self.facility_classes,
                ("Thông báo{ thêm} cho cơ sở loại", "Notifies{ in addition} for facilities of class"),
                name_words,
            ),
            Difference::of_switches(
                "foreign-guests",
                old.foreign_guests,
                self.foreign_guests,
                ("Thông báo cả khách nước ngoài", "Notifies foreign guests too"),
            ),
            Difference::of_maxima(
                "day-window",
                old.day_window,
                self.day_window,
                ("Số ngày được thông báo lùi", "Days that a notice may be late"),
            ),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
