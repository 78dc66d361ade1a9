//! Units by their names on a day.

use pilothouse_province::{MERGER, Places};
use pilothouse_registry::UnitCode;
use pilothouse_runtime::occasion::date_of;

use super::super::{House, now};

impl House {
    /// The name of a unit on a day, with its code; the code alone where nobody knows it.
    pub fn unit_name(&self, code: &str, at: i64) -> String {
        let unit = code.parse().ok().and_then(|parsed| Places::embedded().unit(parsed, date_of(at)));
        unit.map_or_else(|| code.to_owned(), |unit| format!("{} ({code})", unit.name))
    }

    /// The communes of the plan's area as they are now, each with its name, by code.
    pub fn communes(&self) -> Vec<(UnitCode, String)> {
        let on = date_of(now()).max(MERGER);
        let communes = Places::embedded().plan_communes(on);
        communes.filter_map(|unit| Some((unit.code.to_string().parse().ok()?, unit.name.to_owned()))).collect()
    }
}
