//! Is the new one wider? Decided by the machine, told in plain words to whoever approves it.

use std::collections::BTreeSet;

use super::CapabilityRequest;
use crate::contract;
use crate::scope::Difference;

/// What the new requests ask beyond the old ones. Empty: the old grants cover them, and nobody needs to approve anything.
///
/// A changed purpose or a further legal basis counts as wider too: data granted for one purpose serves no other.
pub fn wider(old: &[CapabilityRequest], new: &[CapabilityRequest]) -> Vec<Difference> {
    let mut found = Vec::new();
    for request in new {
        let capability = request.capability();
        let before: Vec<Difference> = match old.iter().find(|old| old.capability() == capability) {
            Some(old) => beyond(old, request),
            None => {
                let none = CapabilityRequest {
                    functions: BTreeSet::new(),
                    scope: crate::scope::AnyScope::none(capability),
                    budget: super::Budget::default(),
                    purpose: request.purpose.clone(),
                    legal_basis: request.legal_basis.clone(),
                };
                let whole = Difference::new(
                    "capability",
                    format!("Thêm quyền năng: {}. Mục đích: {}", capability.vi(), request.purpose.vi()),
                    format!("A capability in addition: {}. Purpose: {}", capability.en(), request.purpose.en()),
                );
                std::iter::once(whole).chain(beyond(&none, request)).collect()
            }
        };
        found.extend(before.into_iter().map(|mut difference| {
            difference.key = format!("{capability}: {}", difference.key);
            difference
        }));
    }
    found
}

fn beyond(old: &CapabilityRequest, new: &CapabilityRequest) -> Vec<Difference> {
    let capability = new.capability();
    let mut found = Vec::new();
    found.extend(Difference::of_sets(
        "functions",
        &old.functions,
        &new.functions,
        ("Gọi thêm", "Calls in addition"),
        |name| match contract::find(capability, name) {
            Some(function) => (function.vi.to_owned(), function.en.to_owned()),
            None => (name.clone(), name.clone()),
        },
    ));
    found.extend(new.scope.beyond(&old.scope));
    if old.purpose != new.purpose {
        found.push(Difference::new(
            "purpose",
            format!("Mục đích mới: {}", new.purpose.vi()),
            format!("Another purpose: {}", new.purpose.en()),
        ));
    }
    let (old_basis, new_basis): (BTreeSet<_>, BTreeSet<_>) =
        (old.legal_basis.iter().cloned().collect(), new.legal_basis.iter().cloned().collect());
    found.extend(Difference::of_sets(
        "legal-basis",
        &old_basis,
        &new_basis,
        ("Căn cứ thêm", "Legal basis in addition"),
        |basis| (basis.to_string(), basis.to_string()),
    ));
    let budgets = [
        (
            "budget.calls-per-minute",
            old.budget.calls_per_minute,
            new.budget.calls_per_minute,
            ("Số lần gọi mỗi phút", "Calls a minute"),
        ),
        (
            "budget.people-per-day",
            old.budget.people_per_day,
            new.budget.people_per_day,
            ("Số người mỗi ngày", "People a day"),
        ),
        (
            "budget.effects-per-day",
            old.budget.effects_per_day,
            new.budget.effects_per_day,
            ("Số tác động mỗi ngày", "Effects a day"),
        ),
    ];
    found.extend(budgets.into_iter().filter_map(|(key, old, new, words)| Difference::of_maxima(key, old, new, words)));
    found
}
