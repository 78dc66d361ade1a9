//! What the pilot remembers: a file from its check to the end of the loan. Pseudonyms and sealed references, no identity.

use pilothouse_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use crate::rules::{Change, Reason, Verdict};

pub(crate) const FILES: Table<File> = Table::named("files");

/// Files of one household and programme that are looked at.
const MOST_OF_A_HOLDER: u32 = 8;

/// How far a file has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Stage {
    /// Checked; an officer decides.
    Checked,
    /// Approved by an officer: an open loan.
    Approved { money: Money },
    /// Turned down by an officer.
    TurnedDown,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct File {
    pub(crate) bank: FacilityId,
    pub(crate) check: Ref,
    pub(crate) borrower: Pseudonym,
    /// For rechecks and messages. None for someone without a number.
    pub(crate) sealed: Option<SealedPerson>,
    pub(crate) programme: Ref,
    pub(crate) commune: UnitCode,
    pub(crate) amount: Money,
    pub(crate) term_months: u16,
    pub(crate) group: Option<Ref>,
    pub(crate) verdict: Verdict,
    pub(crate) reasons: Vec<Reason>,
    pub(crate) assurance: Assurance,
    pub(crate) checked: Date,
    pub(crate) stage: Stage,
    pub(crate) is_disputed: bool,
    /// When it was last looked at.
    pub(crate) looked_at: Date,
    /// Approved since the last look at all loans.
    pub(crate) is_fresh: bool,
    pub(crate) flagged: Option<Change>,
}

/// Key of a file.
pub(crate) fn key(bank: &FacilityId, check: &Ref) -> String {
    format!("{bank}/{check}")
}

/// Index value of whoever has a file in a programme. Ends in a slash, so that no programme is the beginning of another's.
fn holder_key(programme: &Ref, borrower: &Pseudonym) -> String {
    format!("{borrower}/{programme}/")
}

impl Record for File {
    fn indexes(&self) -> Vec<(&'static str, String)> {
        let mut indexes = Vec::new();
        let is_open = match self.stage {
            Stage::Checked => true,
            Stage::Approved { .. } => {
                indexes.push(("loans", self.looked_at.to_string()));
                self.is_fresh
            }
            Stage::TurnedDown => return indexes,
        };
        indexes.push(("holder", holder_key(&self.programme, &self.borrower)));
        if is_open {
            indexes.push(("pending", self.looked_at.to_string()));
        }
        if self.flagged.is_some() {
            indexes.push(("flagged", key(&self.bank, &self.check)));
        }
        indexes
    }
}

impl File {
    /// The file of a bank with that reference.
    ///
    /// # Errors
    /// `no-such-check` at `field`; those of the table.
    pub(crate) fn of(bank: &FacilityId, check: &Ref, field: &str) -> Result<Row<Self>, Refusal> {
        FILES.get(&key(bank, check))?.ok_or_else(|| {
            Refusal::new("no-such-check").at(field).because("this branch made no check of this reference: check first")
        })
    }

    pub(crate) fn is_loan(&self) -> bool {
        matches!(self.stage, Stage::Approved { .. })
    }
}

/// Open files of a person, in one programme or in all.
///
/// # Errors
/// Those of the table.
pub(crate) fn held_by(borrower: &Pseudonym, programme: Option<&Ref>) -> Result<Vec<Row<File>>, Denial> {
    let prefix = programme.map_or_else(|| format!("{borrower}/"), |programme| holder_key(programme, borrower));
    FILES.page("holder", &prefix, None, MOST_OF_A_HOLDER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(stage: Stage) -> File {
        let day = Date::parse("2026-03-02").unwrap();
        File {
            bank: FacilityId::parse("policy-bank-001").unwrap(),
            check: Ref::parse("C-1").unwrap(),
            borrower: serde_json::from_str("\"abcdefghijklmnopqrstuvwxyz\"").unwrap(),
            sealed: None,
            programme: Ref::parse("ho-ngheo").unwrap(),
            commune: UnitCode::parse("18880").unwrap(),
            amount: Money::dong(50_000_000),
            term_months: 36,
            group: None,
            verdict: Verdict::Eligible,
            reasons: Vec::new(),
            assurance: Assurance::Possession,
            checked: day,
            stage,
            is_disputed: false,
            looked_at: day,
            is_fresh: true,
            flagged: None,
        }
    }

    fn names(file: &File) -> Vec<&'static str> {
        file.indexes().into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_file_is_looked_at_again_until_it_is_turned_down() {
        assert_eq!(names(&file(Stage::Checked)), ["holder", "pending"]);
        let mut loan = file(Stage::Approved { money: Money::dong(1) });
        assert_eq!(names(&loan), ["loans", "holder", "pending"]);
        (loan.is_fresh, loan.flagged) = (false, Some(Change::Died));
        assert_eq!(names(&loan), ["loans", "holder", "flagged"]);
        assert!(names(&file(Stage::TurnedDown)).is_empty());
    }

    #[test]
    fn a_programme_is_not_the_beginning_of_another() {
        let borrower = file(Stage::Checked).borrower;
        let key = |programme| holder_key(&Ref::parse(programme).unwrap(), &borrower);
        assert!(!key("ho-ngheo-2").starts_with(&key("ho-ngheo")));
    }
}
