//! What pilot 29 answers, as far as its page draws it. What is not there is not known, never 0.

use serde::Deserialize;
use serde_json::Value;

use super::analysis::of_kind;

/// An answer.
#[derive(Debug, Clone)]
pub(super) struct Answered {
    /// The decision's code.
    pub(super) decision: String,
    /// What the pilot says of it, in Vietnamese and English.
    pub(super) say: Option<(String, String)>,
    /// Evidence id.
    pub(super) id: String,
    /// The table of the kind of residence that was asked for.
    pub(super) table: Option<Table>,
}

/// One table.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Table {
    pub(super) residence: String,
    pub(super) base: String,
    pub(super) floor: u32,
    pub(super) total: Option<u64>,
    pub(super) hidden_people: Option<u64>,
    pub(super) hidden_cells: u32,
    pub(super) cells: Vec<Cell>,
}

/// One figure; without a value where it is hidden or not known.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Cell {
    pub(super) labels: Vec<String>,
    #[serde(default)]
    pub(super) value: Option<i64>,
}

impl Answered {
    pub(super) fn read(body: &Value, kind: &str) -> Answered {
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let tables: Vec<Table> =
            body.pointer("/data/tables").and_then(|tables| Vec::<Table>::deserialize(tables).ok()).unwrap_or_default();
        Answered {
            decision: text("/decision").unwrap_or_default(),
            say: text("/say/vi").zip(text("/say/en")),
            id: text("/id").unwrap_or_default(),
            table: of_kind(&tables, kind).cloned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_table_of_the_kind_on_todays_units_is_taken() {
        let table = |residence: &str, base: &str, total: u64| {
            json!({ "residence": residence, "base": base, "floor": 10, "total": total, "hidden_cells": 1,
                "hidden_people": 5, "cells": [{ "labels": ["18880"] }], "more": "is left out" })
        };
        let body = json!({ "id": "i", "decision": "answered", "say": { "vi": "v", "en": "e" },
            "data": { "tables": [table("permanent", "2024", 1), table("permanent", "2025", 2), table("actual", "2025", 3)] } });
        let answered = Answered::read(&body, "actual");
        assert_eq!(answered.table.as_ref().and_then(|table| table.total), Some(3));
        assert_eq!(answered.table.unwrap().cells[0].value, None);
        assert!(Answered::read(&json!({ "decision": "no-figure-yet" }), "actual").table.is_none());
    }
}
