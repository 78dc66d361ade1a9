//! The department's settings, as `[config]` of the manifest declares them.

use pilothouse_sdk::prelude::*;
use serde::Deserialize;

use crate::rules::ItemClass;

/// Whether the business keeps a photocopy of the identity paper besides the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum KeepCopy {
    /// The verified reading stands in its place.
    Entry,
    /// A copy is kept too, until the law says otherwise.
    Copy,
}

/// The settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Settings {
    marked_items: Vec<String>,
    pub(crate) large_sum: Money,
    pub(crate) min_assurance_large: Assurance,
    pub(crate) reading_minutes: u32,
    pub(crate) unused_an_hour: u32,
    pub(crate) keep_copy: KeepCopy,
    pub(crate) inactive_days: u16,
}

impl Settings {
    /// Whether items of this class are entered with their mark.
    pub(crate) fn needs_mark(&self, item: ItemClass) -> bool {
        self.marked_items.iter().any(|class| class == item.code())
    }
}
