//! The business at hand, and what the pilot remembers of its counter: verifications, the book, marks. Pseudonyms, no identity.

use pilothouse_sdk::alerts::AlertRef;
use pilothouse_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use crate::rules::{ItemClass, Owner, Purpose};

pub(crate) const VERIFIED: Table<Verification> = Table::named("verified");
pub(crate) const BOOK: Table<Entry> = Table::named("book");
pub(crate) const SHOPS: Table<Shop> = Table::named("shops");
pub(crate) const REPORTS: Table<Report> = Table::named("reports");

/// Key of a verification: the reference under which the counter asked.
pub(crate) fn verification_key(shop: &FacilityId, verification: &Ref) -> String {
    format!("{shop}/{verification}")
}

/// Key of an entry of the book.
pub(crate) fn entry_key(shop: &FacilityId, number: u32) -> String {
    format!("{shop}/{number:07}")
}

/// Beginning of the keys and index values of a business.
pub(crate) fn of_shop(shop: &FacilityId) -> String {
    format!("{shop}/")
}

/// Index value of a mark. Ends in a slash, so that no mark is the beginning of another.
pub(crate) fn mark_key(mark: &str) -> String {
    format!("{mark}/")
}

/// A customer as verified at the counter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Verification {
    pub(crate) shop: FacilityId,
    pub(crate) verification: Ref,
    pub(crate) customer: Pseudonym,
    /// For the inspection. None for someone without a number.
    pub(crate) sealed: Option<SealedPerson>,
    pub(crate) purpose: Purpose,
    pub(crate) assurance: Assurance,
    /// The sum for which it holds without a better reading.
    pub(crate) amount: Option<Money>,
    pub(crate) at: Instant,
    /// The customer may be dealt with.
    pub(crate) is_ok: bool,
    /// The entry that followed.
    pub(crate) entry: Option<u32>,
}

/// The hour of an instant, province time, as `2026-03-02T10`.
pub(crate) fn hour(at: Instant) -> String {
    let (hour, _) = at.time_of_day();
    format!("{}T{hour:02}", at.date())
}

/// Beginning of the index `unused` of a business's verifications of an hour without an entry.
fn unused_in(shop: &FacilityId, at: Instant) -> String {
    format!("{shop}/{}", hour(at))
}

impl Record for Verification {
    fn indexes(&self) -> Vec<(&'static str, String)> {
        if self.entry.is_some() {
            return Vec::new();
        }
        vec![("unused", format!("{}/{}", self.shop, self.at))]
    }
}

/// How many verifications of the last hour led to no entry; counted up to `most`.
///
/// # Errors
/// Those of the table.
pub(crate) fn unused_of_the_last_hour(shop: &FacilityId, at: Instant, most: u32) -> Result<usize, Denial> {
    let since = at.plus_hours(-1);
    let mut unused = 0;
    // An hour back lies in the hour before, or in this one at the stroke of it.
    for of in [since, at] {
        let rows = VERIFIED.first(2 * most as usize, "unused", &unused_in(shop, of))?;
        unused += rows.iter().filter(|row| row.value.at > since).count();
    }
    Ok(unused)
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ending {
    /// Chuộc lại.
    Redeemed,
    /// Phát mại.
    Sold,
    Returned,
}

/// An entry of the book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) shop: FacilityId,
    pub(crate) number: u32,
    pub(crate) verification: Ref,
    pub(crate) customer: Pseudonym,
    pub(crate) sealed: Option<SealedPerson>,
    pub(crate) assurance: Assurance,
    pub(crate) item: ItemClass,
    pub(crate) mark: Option<String>,
    pub(crate) owner: Owner,
    pub(crate) value: Money,
    pub(crate) until: Date,
    pub(crate) entered: Instant,
    pub(crate) ended: Option<(Ending, Instant)>,
    /// It stands on the owner's list of what is overdue.
    pub(crate) is_overdue: bool,
}

impl Record for Entry {
    fn indexes(&self) -> Vec<(&'static str, String)> {
        let mut indexes = vec![("day", format!("{}/{}", self.shop, self.entered))];
        if self.ended.is_some() {
            return indexes;
        }
        indexes.push(("open", entry_key(&self.shop, self.number)));
        if let Some(mark) = &self.mark {
            indexes.push(("mark", mark_key(mark)));
        }
        if !self.is_overdue {
            indexes.push(("until", self.until.to_string()));
        }
        indexes
    }
}

/// A report to the police, by the reference of its alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) alert: AlertRef,
    /// The kind of its alert.
    pub(crate) about: String,
    pub(crate) on: Date,
    /// Whether it is still asked after: until an officer has taken it up, or nobody will.
    pub(crate) is_open: bool,
}

impl Record for Report {
    fn indexes(&self) -> Vec<(&'static str, String)> {
        if self.is_open { vec![("open", self.on.to_string())] } else { Vec::new() }
    }
}

/// A business that has used the pilot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shop {
    pub(crate) shop: FacilityId,
    pub(crate) since: Date,
    /// Day of its last verification.
    pub(crate) last: Date,
    /// Entries so far: the next one's number follows.
    pub(crate) entries: u32,
    /// Since when it counts as inactive.
    pub(crate) inactive: Option<Date>,
    /// The hour of its last report to the police, and how many it made in that hour.
    #[serde(default)]
    pub(crate) reports: (String, u32),
}

impl Record for Shop {
    fn indexes(&self) -> Vec<(&'static str, String)> {
        if self.inactive.is_some() { Vec::new() } else { vec![("last", self.last.to_string())] }
    }
}

impl Shop {
    /// The row of a business, new where it has none.
    ///
    /// # Errors
    /// Those of the table.
    pub(crate) fn of(shop: &FacilityId, today: Date) -> Result<(Self, bool), Denial> {
        let row = SHOPS.get(shop.as_str())?;
        let is_new = row.is_none();
        let new = || Self {
            shop: shop.clone(),
            since: today,
            last: today,
            entries: 0,
            inactive: None,
            reports: Default::default(),
        };
        Ok((row.map_or_else(new, |row| row.value), is_new))
    }

    /// Counts one more report of an hour: which it is.
    pub(crate) fn one_more_report(&mut self, hour: &str) -> u32 {
        if self.reports.0 != hour {
            self.reports = (hour.to_owned(), 0);
        }
        self.reports.1 = self.reports.1.saturating_add(1);
        self.reports.1
    }

    /// Writes it back.
    ///
    /// # Errors
    /// Those of the table.
    pub(crate) fn keep(&self) -> Result<(), Denial> {
        SHOPS.put(self.shop.as_str(), self).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    fn entry() -> Entry {
        Entry {
            shop: FacilityId::parse("pawnshop-001").unwrap(),
            number: 12,
            verification: Ref::parse("V-1").unwrap(),
            customer: serde_json::from_str("\"abcdefghijklmnopqrstuvwxyz\"").unwrap(),
            sealed: None,
            assurance: Assurance::Possession,
            item: ItemClass::Phone,
            mark: Some("356938035643809".to_owned()),
            owner: Owner::Customer,
            value: Money::dong(1_000_000),
            until: Date::parse("2026-04-02").unwrap(),
            entered: at("2026-03-02T10:00:00+07:00"),
            ended: None,
            is_overdue: false,
        }
    }

    #[test]
    fn an_open_entry_is_found_by_its_mark_and_one_that_ended_by_its_day_only() {
        let names = |entry: &Entry| entry.indexes().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        let mut entry = entry();
        assert_eq!(names(&entry), ["day", "open", "mark", "until"]);
        entry.is_overdue = true;
        assert_eq!(names(&entry), ["day", "open", "mark"]);
        entry.ended = Some((Ending::Redeemed, entry.entered));
        assert_eq!(names(&entry), ["day"]);
    }

    #[test]
    fn verifications_are_counted_by_the_hour_in_province_time() {
        let shop = FacilityId::parse("pawnshop-001").unwrap();
        assert_eq!(unused_in(&shop, at("2026-03-02T00:30:00+07:00")), "pawnshop-001/2026-03-02T00");
        assert_eq!(unused_in(&shop, at("2026-03-02T17:30:00Z")), "pawnshop-001/2026-03-03T00");
    }
}
