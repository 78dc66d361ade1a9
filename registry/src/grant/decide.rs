//! The decision on one call: a pure function of rights, ask and time, re-run in every replay.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Budget, CapabilityRequest, Ceiling, Grant};
use crate::contract::{self, Guard};
use crate::ids::{Capability, GrantId, UnitCode};
use crate::scope::{AnyAsk, AnyScope, Field, MissKind, ScopeMiss};
use crate::text::Purpose;

/// What one grant leaves of a request under the ceiling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EffectiveRight {
    /// The grant: stamped on every call that uses it.
    pub grant: GrantId,
    /// Functions that are requested, granted and under the ceiling.
    pub functions: BTreeSet<String>,
    /// The scope that all three permit.
    pub scope: AnyScope,
    /// The smallest of the three budgets.
    pub budget: Budget,
    /// Units of the grant.
    pub units: BTreeSet<UnitCode>,
    /// Microseconds since 1970 UTC; at that instant it has ended.
    pub expires: i64,
    /// The purpose that was approved.
    pub purpose: Purpose,
    /// Whether the version asks for this very purpose. Data granted for one purpose serves no other.
    pub purpose_agrees: bool,
}

/// What a version of a pilot may do: requested ∩ granted ∩ ceiling. Built when a version is enabled or a grant changes; never in a call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Effective {
    rights: BTreeMap<Capability, Vec<EffectiveRight>>,
}

impl Effective {
    /// No right at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// What is left of the requests of one version. Grants that are not in force, or of a capability that is not requested, give nothing.
    ///
    /// The caller passes the grants of this pilot only.
    pub fn new<'g>(
        requests: &[CapabilityRequest],
        grants: impl IntoIterator<Item = &'g Grant>,
        ceiling: &Ceiling,
    ) -> Self {
        let mut rights: BTreeMap<Capability, Vec<EffectiveRight>> = BTreeMap::new();
        for grant in grants {
            let capability = grant.right.capability();
            if !grant.state.is_in_force() {
                continue;
            }
            for request in requests.iter().filter(|request| request.capability() == capability) {
                let limited = ceiling.limit(request);
                let Some(scope) = limited.scope.narrow(&grant.right.scope) else { continue };
                rights.entry(capability).or_default().push(EffectiveRight {
                    grant: grant.id.clone(),
                    functions: limited.functions.intersection(&grant.right.functions).cloned().collect(),
                    scope: ceiling.limit_scope(&scope),
                    budget: limited.budget.narrow(&grant.right.budget),
                    units: grant.units.clone(),
                    expires: grant.expires,
                    purpose: grant.right.purpose.clone(),
                    purpose_agrees: request.purpose == grant.right.purpose,
                });
            }
        }
        Self { rights }
    }

    /// The rights of a capability, one a grant.
    pub fn rights(&self, capability: Capability) -> &[EffectiveRight] {
        self.rights.get(&capability).map_or(&[], Vec::as_slice)
    }

    /// Capabilities of which there is any right.
    pub fn capabilities(&self) -> impl Iterator<Item = Capability> {
        self.rights.keys().copied()
    }

    /// Whether people may be shown by name, to those whom the manifest names, in a unit: a right in force holds the field.
    pub fn shows_names(&self, unit: &UnitCode, now: i64) -> bool {
        self.rights(Capability::Population).iter().any(|right| {
            let AnyScope::Population(scope) = &right.scope else { return false };
            scope.fields.contains(&Field::FullName)
                && right.purpose_agrees
                && right.units.contains(unit)
                && now < right.expires
        })
    }

    /// Whether any grant covers a function: what a linker may hold. A passive function comes with any right of its capability.
    pub fn covers(&self, capability: Capability, function: &str) -> bool {
        let rights = self.rights(capability);
        match contract::find(capability, function).map(|function| function.guard) {
            Some(Guard::Guarded) => rights.iter().any(|right| right.functions.contains(function)),
            Some(Guard::Passive) => !rights.is_empty(),
            None => false,
        }
    }
}

/// What one call asks for.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Of which capability.
    pub capability: Capability,
    /// Which function, as manifests name it: `verify`, `entry.get`.
    pub function: &'a str,
    /// Where the call is made, and every further unit that it is about.
    pub units: &'a [UnitCode],
    /// What of the scope. None: the function has nothing that a scope speaks of.
    pub about: Option<AnyAsk<'a>>,
}

/// Why a call was denied. The names are the contract's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DenialCode {
    /// No grant covers the function.
    NotGranted,
    /// The grant ended.
    Expired,
    /// Granted for another purpose.
    PurposeMismatch,
    /// Outside the units of the grant.
    OutOfUnit,
    /// Outside the scope of the grant.
    FieldNotGranted,
}

impl DenialCode {
    /// The code as guests see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            DenialCode::NotGranted => "not-granted",
            DenialCode::Expired => "expired",
            DenialCode::PurposeMismatch => "purpose-mismatch",
            DenialCode::OutOfUnit => "out-of-unit",
            DenialCode::FieldNotGranted => "field-not-granted",
        }
    }
}

impl fmt::Display for DenialCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The line of a grant that decided: `population: scope.claims`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Which capability's block.
    pub capability: Capability,
    /// Which key in it: `functions`, `units`, `expires`, `purpose`, or empty for a key of the scope.
    pub key: &'static str,
}

impl Line {
    const SCOPE_KEYS_FOLLOW: &'static str = "scope.";

    fn of(capability: Capability, key: &'static str) -> Self {
        Self { capability, key }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = match self.key {
            "grant" | "functions" | "units" | "expires" | "purpose" | "scope" => "",
            _ => Self::SCOPE_KEYS_FOLLOW,
        };
        write!(f, "{}: {prefix}{}", self.capability, self.key)
    }
}

/// What was decided about one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision<'e> {
    /// It may be made, under this right. Its budget is still to be asked.
    Allowed {
        /// The right that covers it.
        right: &'e EffectiveRight,
        /// The line that allowed it.
        line: Line,
    },
    /// It may not.
    Denied {
        /// Why.
        code: DenialCode,
        /// The function, field, claim or class that it is about; a registered name, never a value.
        about: String,
        /// The line that denied it.
        line: Line,
        /// The grant looked at, if there was one.
        grant: Option<&'e GrantId>,
    },
}

impl Decision<'_> {
    /// Whether the call may be made.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Decision::Allowed { .. })
    }
}

/// Decides one call. Deny is the default; where several grants could cover it, the first that does allows it, and otherwise the one
/// that came furthest says why not. `now` in microseconds since 1970 UTC.
pub fn decide<'e>(effective: &'e Effective, ask: &Ask<'_>, now: i64) -> Decision<'e> {
    let mut furthest: Option<(u8, Decision<'e>)> = None;
    for right in effective.rights(ask.capability) {
        match try_right(right, ask, now) {
            Ok(line) => return Decision::Allowed { right, line },
            Err((step, denied)) => {
                if furthest.as_ref().is_none_or(|(best, _)| step > *best) {
                    furthest = Some((step, denied));
                }
            }
        }
    }
    match furthest {
        Some((_, denied)) => denied,
        None => Decision::Denied {
            code: DenialCode::NotGranted,
            about: function_words(ask),
            line: Line::of(ask.capability, "grant"),
            grant: None,
        },
    }
}

/// Asks one right, step by step; a denial says how many steps it passed.
fn try_right<'e>(right: &'e EffectiveRight, ask: &Ask<'_>, now: i64) -> Result<Line, (u8, Decision<'e>)> {
    let deny = |step: u8, code, about: String, key| {
        let line = Line::of(ask.capability, key);
        Err((step, Decision::Denied { code, about, line, grant: Some(&right.grant) }))
    };
    let function = || function_words(ask);
    if !right.functions.contains(ask.function) && !is_passive(ask) {
        return deny(0, DenialCode::NotGranted, function(), "functions");
    }
    if now >= right.expires {
        return deny(1, DenialCode::Expired, function(), "expires");
    }
    if !right.purpose_agrees {
        return deny(2, DenialCode::PurposeMismatch, function(), "purpose");
    }
    // No unit at all is no unit of the grant's either.
    if ask.units.is_empty() || !ask.units.iter().all(|unit| right.units.contains(unit)) {
        return deny(3, DenialCode::OutOfUnit, function(), "units");
    }
    let Some(about) = &ask.about else { return Ok(Line::of(ask.capability, "functions")) };
    match right.scope.permits(about) {
        Ok(()) => Ok(Line::of(ask.capability, "scope")),
        Err(ScopeMiss { key, asked, kind }) => deny(4, code_of(kind), asked, key),
    }
}

fn function_words(ask: &Ask<'_>) -> String {
    contract::full_name(ask.capability, &crate::text::escape_name(ask.function))
}

/// A getter of something that a guarded function handed out: any right of its capability covers it.
fn is_passive(ask: &Ask<'_>) -> bool {
    contract::find(ask.capability, ask.function).is_some_and(|function| function.guard == Guard::Passive)
}

fn code_of(kind: MissKind) -> DenialCode {
    match kind {
        MissKind::Purpose => DenialCode::PurposeMismatch,
        MissKind::Unit => DenialCode::OutOfUnit,
        MissKind::Field | MissKind::Claim | MissKind::Other => DenialCode::FieldNotGranted,
    }
}
