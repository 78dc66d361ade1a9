//! What a grant of `registers` may say: which sector registers, which fields of each, to read or to propose.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Difference, MissKind, RowFilter, Scope, ScopeMiss, both, both_maps, name_words};
use crate::ids::{FieldName, RegisterName, closed_set};

closed_set! {
    /// What a pilot may do with a register.
    RegisterMode, "the mode", {
        /// Read the granted fields.
        Read = "read" ("đọc", "read"),
        /// Propose changes of the granted fields; the register's owner decides.
        Propose = "propose" ("đề nghị sửa", "propose changes"),
        /// Both.
        Both = "both" ("đọc và đề nghị sửa", "read and propose changes"),
    }
}

impl RegisterMode {
    /// Whether fields may be read.
    pub const fn reads(self) -> bool {
        matches!(self, RegisterMode::Read | RegisterMode::Both)
    }

    /// Whether changes may be proposed.
    pub const fn proposes(self) -> bool {
        matches!(self, RegisterMode::Propose | RegisterMode::Both)
    }

    fn narrow(self, other: Self) -> Option<Self> {
        match (self.reads() && other.reads(), self.proposes() && other.proposes()) {
            (true, true) => Some(RegisterMode::Both),
            (true, false) => Some(RegisterMode::Read),
            (false, true) => Some(RegisterMode::Propose),
            (false, false) => None,
        }
    }
}

closed_set! {
    /// A fact on which a register may be compared with the population database; the values stay with the host.
    Fact, "the fact", {
        /// By its normal form.
        Name = "name" ("họ tên", "name"),
        /// Full date.
        BirthDate = "birth-date" ("ngày sinh", "date of birth"),
        /// Year only.
        BirthYear = "birth-year" ("năm sinh", "year of birth"),
        /// Sex.
        Sex = "sex" ("giới tính", "sex"),
    }
}

/// What a grant may say of one register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RegisterScope {
    /// Fields that may be read or proposed.
    #[serde(default)]
    pub fields: BTreeSet<FieldName>,
    /// Facts that may be compared with the population database.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub agrees: BTreeSet<Fact>,
    /// Read, propose or both.
    pub mode: RegisterMode,
    /// Of whom the grant may be used.
    #[serde(default, skip_serializing_if = "RowFilter::is_open")]
    pub rows: RowFilter,
}

/// What a grant of `registers` may say: a table for each register.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RegistersScope {
    /// By register.
    pub registers: BTreeMap<RegisterName, RegisterScope>,
}

/// What a call asks of `registers`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistersAsk<'a> {
    /// A person's entry.
    Find {
        /// In this register.
        register: &'a RegisterName,
    },
    /// One field of an entry.
    Get {
        /// In this register.
        register: &'a RegisterName,
        /// This field.
        field: &'a FieldName,
    },
    /// Whether the entry agrees with the population database.
    Agrees {
        /// In this register.
        register: &'a RegisterName,
        /// On these facts.
        facts: &'a [Fact],
    },
    /// A change of these fields.
    Propose {
        /// In this register.
        register: &'a RegisterName,
        /// Of these fields.
        fields: &'a [FieldName],
    },
}

impl<'a> RegistersAsk<'a> {
    fn register(&self) -> &'a RegisterName {
        match self {
            RegistersAsk::Find { register }
            | RegistersAsk::Get { register, .. }
            | RegistersAsk::Agrees { register, .. }
            | RegistersAsk::Propose { register, .. } => register,
        }
    }
}

impl RegisterScope {
    fn narrow(&self, other: &Self) -> Option<Self> {
        Some(Self {
            fields: both(&self.fields, &other.fields),
            agrees: both(&self.agrees, &other.agrees),
            mode: self.mode.narrow(other.mode)?,
            rows: self.rows.narrow(&other.rows),
        })
    }
}

impl Scope for RegistersScope {
    type Ask<'a> = RegistersAsk<'a>;

    fn narrow(&self, other: &Self) -> Self {
        Self { registers: both_maps(&self.registers, &other.registers, RegisterScope::narrow) }
    }

    fn permits(&self, ask: &RegistersAsk<'_>) -> Result<(), ScopeMiss> {
        let Some(scope) = self.registers.get(ask.register()) else {
            return Err(ScopeMiss::new("registers", ask.register(), MissKind::Field));
        };
        let mode = |allowed: bool, asked: RegisterMode| {
            if allowed { Ok(()) } else { Err(ScopeMiss::new("mode", asked, MissKind::Field)) }
        };
        let field = |field: &FieldName| {
            if scope.fields.contains(field) { Ok(()) } else { Err(ScopeMiss::new("fields", field, MissKind::Field)) }
        };
        match ask {
            RegistersAsk::Find { .. } => mode(scope.mode.reads(), RegisterMode::Read),
            RegistersAsk::Get { field: asked, .. } => {
                mode(scope.mode.reads(), RegisterMode::Read)?;
                field(asked)
            }
            RegistersAsk::Agrees { facts, .. } => {
                mode(scope.mode.reads(), RegisterMode::Read)?;
                match facts.iter().find(|fact| !scope.agrees.contains(fact)) {
                    Some(fact) => Err(ScopeMiss::new("agrees", fact, MissKind::Field)),
                    None => Ok(()),
                }
            }
            RegistersAsk::Propose { fields, .. } => {
                mode(scope.mode.proposes(), RegisterMode::Propose)?;
                // What may be compared may be said to differ: whoever finds a wrong name has to be able to name it.
                let compared =
                    |asked: &FieldName| asked.as_str().parse().is_ok_and(|fact| scope.agrees.contains(&fact));
                fields.iter().filter(|asked| !compared(asked)).try_for_each(field)
            }
        }
    }

    fn beyond(&self, old: &Self) -> Vec<Difference> {
        let mut found = Vec::new();
        let is_first = old.registers.is_empty();
        for (name, new) in &self.registers {
            let before = old.registers.get(name);
            if before.is_none() {
                let (vi, en) = if is_first { ("Cơ sở", "") } else { ("Thêm cơ sở", " too") };
                found.push(Difference::new(
                    name.as_str(),
                    format!("{vi} dữ liệu ngành {name}: {}", new.mode.vi()),
                    format!("Sector register {name}{en}: {}", new.mode.en()),
                ));
            }
            let vi = |what: &str| format!("{name}: {what}");
            let nothing = (BTreeSet::new(), BTreeSet::new());
            let (fields, agrees) = before.map_or((&nothing.0, &nothing.1), |before| (&before.fields, &before.agrees));
            found.extend(Difference::of_sets(
                "fields",
                fields,
                &new.fields,
                (&vi("trường{ thêm}"), &vi("fields{ in addition}")),
                name_words,
            ));
            found.extend(Difference::of_sets(
                "agrees",
                agrees,
                &new.agrees,
                (&vi("đối chiếu{ thêm} với dữ liệu dân cư"), &vi("compares{ in addition} with population data")),
                |fact| (fact.vi().to_owned(), fact.en().to_owned()),
            ));
            let Some(old) = before else { continue };
            found.extend(Difference::of_switches(
                "mode",
                old.mode.reads(),
                new.mode.reads(),
                (&vi("được đọc"), &vi("reads")),
            ));
            found.extend(Difference::of_switches(
                "mode",
                old.mode.proposes(),
                new.mode.proposes(),
                (&vi("được đề nghị sửa"), &vi("proposes changes")),
            ));
            found.extend(new.rows.beyond(&old.rows, "rows"));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_that_may_be_compared_may_be_proposed_and_is_not_read_for_that() {
        let register: RegisterName = "health-insurance".parse().unwrap();
        let scope: RegistersScope = serde_json::from_value(serde_json::json!({
            "health-insurance": { "fields": ["valid-until"], "agrees": ["birth-year"], "mode": "both" }
        }))
        .unwrap();
        let field = |name: &str| name.parse::<FieldName>().unwrap();
        let proposed =
            |name: &str| scope.permits(&RegistersAsk::Propose { register: &register, fields: &[field(name)] }).is_ok();
        assert!(proposed("valid-until") && proposed("birth-year"));
        assert!(!proposed("sex") && !proposed("benefit-level"));
        assert!(scope.permits(&RegistersAsk::Get { register: &register, field: &field("birth-year") }).is_err());
    }

    #[test]
    fn a_register_is_told_with_its_fields_and_only_what_came_to_something_is_in_addition() {
        let scope = |fields: &[&str]| -> RegistersScope {
            serde_json::from_value(serde_json::json!({
                "health-insurance": { "fields": fields, "mode": "read" }
            }))
            .unwrap()
        };
        let told = |new: &RegistersScope, old: &RegistersScope| -> Vec<String> {
            new.beyond(old).into_iter().map(|difference| difference.en).collect()
        };
        let first = scope(&["valid-until"]);
        let from_nothing = told(&first, &RegistersScope::default());
        assert_eq!(from_nothing.len(), 2);
        assert!(from_nothing[0].starts_with("Sector register health-insurance: "));
        assert_eq!(from_nothing[1], "health-insurance: fields: valid-until");
        let wider = scope(&["valid-until", "benefit-level"]);
        assert_eq!(told(&wider, &first), ["health-insurance: fields in addition: benefit-level"]);
    }
}
