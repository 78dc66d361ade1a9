//! What a grant of `places` may say: classes of facilities. Units and the calendar hold no personal data and need no scope.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Difference, MissKind, Scope, ScopeMiss, both, name_words};
use crate::ids::FacilityClass;

/// What a grant of `places` may say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PlacesScope {
    /// Classes of facilities that the pilot may look up.
    pub classes: BTreeSet<FacilityClass>,
}

/// What a call asks of `places`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlacesAsk<'a> {
    /// A facility of this class.
    Class(&'a FacilityClass),
}

impl Scope for PlacesScope {
    type Ask<'a> = PlacesAsk<'a>;

    fn narrow(&self, other: &Self) -> Self {
        Self { classes: both(&self.classes, &other.classes) }
    }

    fn permits(&self, PlacesAsk::Class(class): &PlacesAsk<'_>) -> Result<(), ScopeMiss> {
        if self.classes.contains(*class) { Ok(()) } else { Err(ScopeMiss::new("classes", class, MissKind::Field)) }
    }

    fn beyond(&self, old: &Self) -> Vec<Difference> {
        let words = ("Xem{ thêm} cơ sở loại", "Looks up{ in addition} facilities of class");
        Difference::of_sets("classes", &old.classes, &self.classes, words, name_words).into_iter().collect()
    }
}
