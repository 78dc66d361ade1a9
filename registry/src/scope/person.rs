//! What a grant of `person` may say: whose handles a pilot meets, and whether a reference may outlive the call.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Difference, MissKind, Scope, ScopeMiss, both};
use crate::ids::closed_set;

closed_set! {
    /// Who is behind a handle.
    PersonKind, "the kind of person", {
        /// In the population database, Vietnamese.
        Citizen = "citizen" ("công dân", "citizens"),
        /// Of another nationality.
        Foreigner = "foreigner" ("người nước ngoài", "foreigners"),
        /// Someone for whom only a paper was declared, or nothing.
        Unidentified = "unidentified" ("người chưa xác định", "unidentified people"),
    }
}

/// What a grant of `person` may say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PersonScope {
    /// Kinds of people that the pilot may meet.
    pub kinds: BTreeSet<PersonKind>,
    /// Whether a sealed reference may be made, for a later call.
    pub persist: bool,
}

/// What a call asks of `person`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonAsk {
    /// To meet a person of this kind.
    Kind(PersonKind),
    /// To seal or reopen a reference to a person of this kind.
    Persist(PersonKind),
}

impl Scope for PersonScope {
    type Ask<'a> = PersonAsk;

    fn narrow(&self, other: &Self) -> Self {
        Self { kinds: both(&self.kinds, &other.kinds), persist: self.persist && other.persist }
    }

    fn permits(&self, ask: &PersonAsk) -> Result<(), ScopeMiss> {
        let (PersonAsk::Kind(kind) | PersonAsk::Persist(kind)) = *ask;
        if !self.kinds.contains(&kind) {
            return Err(ScopeMiss::new("kinds", kind, MissKind::Other));
        }
        match ask {
            PersonAsk::Persist(_) if !self.persist => Err(ScopeMiss::new("persist", "persist", MissKind::Other)),
            PersonAsk::Persist(_) | PersonAsk::Kind(_) => Ok(()),
        }
    }

    fn beyond(&self, old: &Self) -> Vec<Difference> {
        let kinds =
            Difference::of_sets("kinds", &old.kinds, &self.kinds, ("Gặp{ thêm}", "Meets{ in addition}"), |kind| {
                (kind.vi().to_owned(), kind.en().to_owned())
            });
        let persist = Difference::of_switches(
            "persist",
            old.persist,
            self.persist,
            (
                "Giữ tham chiếu niêm phong tới người dân sau lượt xử lý",
                "Keeps sealed references to people after the call",
            ),
        );
        kinds.into_iter().chain(persist).collect()
    }
}
