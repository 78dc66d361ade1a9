//! From text to manifest, telling everything that is wrong at once. The TOML is walked part by part, so that one slip hides no other.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use semver::Version;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::problem::{MAX_PROBLEMS, Problem, nearest, place, tame};
use super::{
    Config, Indicator, Limits, MAX_DEADLINE_MS, MAX_ENTRIES, MAX_MANIFEST_BYTES, MAX_MEMORY_KIB, MAX_RETENTION_DAYS,
    MAX_TABLE_ELEMENTS, MIN_MEMORY_KIB, Manifest, ManifestError, Operation, Readings, Retention, Schedule, config,
};
use crate::contract;
use crate::grant::{Budget, CapabilityRequest};
use crate::ids::{Capability, LegalBasis};
use crate::scope::{AnyScope, Dimension};
use crate::text::Bilingual;
use crate::version::{ContractVersion, parse_version};

/// Every key of the top level, as near misses are suggested from.
const KEYS: &[&str] = &[
    "id",
    "model",
    "version",
    "contract",
    "vendor",
    "title",
    "summary",
    "seed",
    "wasi",
    "capability",
    "operations",
    "readings",
    "schedules",
    "indicators",
    "config",
    "limits",
    "retention",
    "while-down",
];
/// Most articles of one request.
const MAX_LEGAL_BASES: usize = 16;

/// A value with its place; `path` is what a message calls it.
type Node<'t> = Spanned<DeValue<'t>>;

pub(super) fn manifest(file: &str, text: &str) -> Result<Manifest, ManifestError> {
    let refuse = |problems| ManifestError { file: tame(file), problems };
    if text.len() > MAX_MANIFEST_BYTES {
        return Err(refuse(vec![Problem {
            line: 1,
            column: 1,
            key: String::new(),
            message: format!("the manifest is larger than {} KiB", MAX_MANIFEST_BYTES / 1024),
            help: Some("move lists that departments maintain into [config]".to_owned()),
        }]));
    }
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut reading = Reading { text, root: root.get_ref(), problems: Vec::new() };
    if !errors.is_empty() {
        for error in errors {
            reading.report(error.span().unwrap_or(0..0), "no valid TOML: ".to_owned() + error.message(), None);
        }
        return Err(refuse(reading.in_order()));
    }
    let manifest = reading.manifest(root.get_ref());
    match manifest {
        Some(manifest) if reading.problems.is_empty() => Ok(manifest),
        _ => Err(refuse(reading.in_order())),
    }
}

struct Reading<'t> {
    text: &'t str,
    root: &'t DeTable<'t>,
    problems: Vec<Problem>,
}

impl<'t> Reading<'t> {
    fn report(&mut self, at: Range<usize>, message: impl AsRef<str>, help: Option<String>) {
        let (line, column) = place(self.text, at.start);
        let key = key_at(self.root, at.start).unwrap_or_default();
        let problem = Problem {
            line,
            column,
            key: tame(&key),
            message: tame(message.as_ref()),
            help: help.map(|help| tame(&help)),
        };
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }

    fn in_order(self) -> Vec<Problem> {
        let mut problems = self.problems;
        problems.sort_by_key(|problem| (problem.line, problem.column));
        problems
    }

    /// What serde says, with the name that was probably meant. `also`: further names that would be known there.
    fn report_serde(&mut self, error: &toml::de::Error, at: Range<usize>, also: &[&str]) {
        let message = error.message();
        let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        let help = match quoted.split_first() {
            Some((found, known)) if message.starts_with("unknown ") => {
                let known = known.iter().copied().chain(also.iter().copied());
                match nearest(found, known.clone()) {
                    Some(name) => Some(format!("did you mean `{name}`?")),
                    None => Some(format!("known here: {}", known.collect::<Vec<_>>().join(", "))),
                }
            }
            Some((missing, _)) if message.starts_with("missing field") => Some(format!("add `{missing} = …`")),
            _ => None,
        };
        let message = match quoted.first() {
            Some(found) if message.starts_with("unknown field") => format!("unknown key `{found}`"),
            Some(found) if message.starts_with("unknown variant") => format!("unknown name `{found}`"),
            Some(missing) if message.starts_with("missing field") => format!("the key `{missing}` is missing"),
            _ => message.to_owned(),
        };
        self.report(error.span().unwrap_or(at), message, help);
    }

    /// A value of a type that serde knows.
    fn value<T: DeserializeOwned>(&mut self, node: &Node<'t>) -> Option<T> {
        self.value_or(node, &[])
    }

    fn value_or<T: DeserializeOwned>(&mut self, node: &Node<'t>, also: &[&str]) -> Option<T> {
        match T::deserialize(ValueDeserializer::from(node.clone())) {
            Ok(value) => Some(value),
            Err(error) => {
                self.report_serde(&error, node.span(), also);
                None
            }
        }
    }

    /// A key that must be there.
    fn need<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        match self.root.get(key) {
            Some(node) => self.value(node),
            None => {
                let form = match key {
                    "title" | "summary" | "while-down" => format!("add `{key} = {{ vi = \"…\", en = \"…\" }}`"),
                    "limits" => "add `[limits]` with `deadline-ms` and `memory-kib`".to_owned(),
                    "retention" => "add `[retention]` with `invocations-days`".to_owned(),
                    _ => format!("add `{key} = …`"),
                };
                self.report(0..0, format!("the key `{key}` is missing"), Some(form));
                None
            }
        }
    }

    /// A text that a parser of ours reads.
    fn parsed<T, E: std::fmt::Display>(&mut self, key: &str, parse: impl Fn(&str) -> Result<T, E>) -> Option<T> {
        let text: String = self.need(key)?;
        let at = self.root.get(key).map_or(0..0, Spanned::span);
        match parse(&text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.report(at, error.to_string(), None);
                None
            }
        }
    }

    /// A table of named entries, each read on its own.
    fn entries<K, V>(&mut self, key: &str, most: usize) -> BTreeMap<K, V>
    where
        K: std::str::FromStr<Err: std::fmt::Display> + Ord,
        V: DeserializeOwned,
    {
        let mut found = BTreeMap::new();
        let Some(node) = self.root.get(key) else { return found };
        let DeValue::Table(table) = node.get_ref() else {
            self.report(
                node.span(),
                format!("`{key}` must be a table"),
                Some(format!("write `[{key}]` and one entry a line")),
            );
            return found;
        };
        if table.len() > most {
            self.report(node.span(), format!("`{key}` has {} entries, at most {most} are allowed", table.len()), None);
            return found;
        }
        for (name, node) in table {
            let value: Option<V> = self.value(node);
            match name.get_ref().parse::<K>() {
                Ok(name) => {
                    if let Some(value) = value {
                        found.insert(name, value);
                    }
                }
                Err(error) => self.report(name.span(), error.to_string(), None),
            }
        }
        found
    }

    fn manifest(&mut self, root: &'t DeTable<'t>) -> Option<Manifest> {
        for key in root.keys() {
            if !KEYS.contains(&key.get_ref().as_ref()) {
                let help = match nearest(key.get_ref(), KEYS.iter().copied()) {
                    Some(name) => format!("did you mean `{name}`?"),
                    None => format!("known here: {}", KEYS.join(", ")),
                };
                self.report(key.span(), format!("unknown key `{}`", key.get_ref()), Some(help));
            }
        }
        // All are read before any is missed, so that every problem is told.
        let id = self.need("id");
        let model = self.need("model");
        let version: Option<Version> = self.parsed("version", parse_version);
        let contract = self.contract();
        let vendor = self.need("vendor");
        let title = self.need("title");
        let summary = self.need("summary");
        let seed = self.flag("seed");
        let wasi = self.flag("wasi");
        let capabilities = self.capabilities();
        let operations = self.entries("operations", MAX_ENTRIES);
        let readings: Option<Readings> = root.get("readings").and_then(|node| self.value(node));
        let schedules: BTreeMap<_, Schedule> = self.entries("schedules", MAX_ENTRIES);
        let indicators: BTreeMap<_, Indicator> = self.entries("indicators", MAX_ENTRIES);
        let config = Config { settings: self.entries("config", config::MAX_SETTINGS) };
        let limits = self.need("limits");
        let retention = self.need("retention");
        let while_down = self.need("while-down");

        self.check_operations(&operations);
        self.refuse_what_is_promised_only(wasi, &operations, &capabilities);
        if readings.as_ref().is_some_and(|readings| readings.methods.is_empty()) {
            self.report_at(
                "readings",
                "no method of reading is named",
                "name at least one, such as `methods = [\"qr-card\"]`",
            );
        }
        if operations.is_empty() && readings.is_none() && schedules.is_empty() && self.problems.is_empty() {
            self.report(0..0, "nothing can be called", Some("add [operations], [readings] or [schedules]".to_owned()));
        }
        self.check_indicators(&capabilities, &indicators);
        self.check_config(&config);
        if let Some(limits) = limits.as_ref() {
            self.check_limits(limits);
        }
        if let Some(retention) = retention.as_ref() {
            self.check_retention(retention);
        }
        Some(Manifest {
            id: id?,
            model: model?,
            version: version?,
            contract: contract?,
            vendor: vendor?,
            title: title?,
            summary: summary?,
            seed,
            wasi,
            capabilities,
            operations,
            readings,
            schedules,
            indicators,
            config,
            limits: limits?,
            retention: retention?,
            while_down: while_down?,
        })
    }

    fn report_at(&mut self, path: &str, message: &str, help: &str) {
        let at = span_of(self.root, path).unwrap_or(0..0);
        self.report(at, message, Some(help.to_owned()));
    }

    fn flag(&mut self, key: &str) -> bool {
        self.root.get(key).and_then(|node| self.value(node)).unwrap_or(false)
    }

    /// What the form has a place for and this host does not do yet: nobody builds on it unawares.
    fn refuse_what_is_promised_only(
        &mut self,
        wasi: bool,
        operations: &BTreeMap<crate::ids::OperationName, Operation>,
        capabilities: &[CapabilityRequest],
    ) {
        if wasi {
            self.report_at(
                "wasi",
                "this host links no WASI yet, not even an empty one",
                "remove the key, and build for `wasm32-unknown-unknown`",
            );
        }
        for (name, operation) in operations {
            if operation.batch {
                self.report_at(
                    &format!("operations.{name}.batch"),
                    "this host takes no files of rows yet",
                    "remove the key; take a bounded list in the operation's input",
                );
            }
        }
        let asks_for_districts = |request: &CapabilityRequest| match &request.scope {
            AnyScope::Population(scope) => scope.dims.contains(&Dimension::DistrictBefore2025),
            _ => false,
        };
        if let Some(place) = capabilities.iter().position(asks_for_districts) {
            self.report_at(
                &format!("capability.{}.scope.dims", place + 1),
                "this host does not count by the districts of before 2025 yet",
                "count by `commune` and sum up",
            );
        }
    }

    fn contract(&mut self) -> Option<ContractVersion> {
        let contract: ContractVersion = self.parsed("contract", str::parse)?;
        if !contract.is_supported() {
            let help = format!("this host speaks `{}`", ContractVersion::CURRENT);
            self.report_at("contract", "this version of the contract is not known here", &help);
            return None;
        }
        Some(contract)
    }

    fn capabilities(&mut self) -> Vec<CapabilityRequest> {
        let Some(node) = self.root.get("capability") else { return Vec::new() };
        let DeValue::Array(list) = node.get_ref() else {
            self.report(
                node.span(),
                "`capability` must be a list of tables",
                Some("write `[[capability]]` before each".to_owned()),
            );
            return Vec::new();
        };
        let mut found: Vec<CapabilityRequest> = Vec::new();
        let mut seen = BTreeSet::new();
        for node in list {
            let DeValue::Table(table) = node.get_ref() else {
                self.report(
                    node.span(),
                    "a capability must be a table",
                    Some("write `[[capability]]` before each".to_owned()),
                );
                continue;
            };
            let Some(request) = self.capability(node, table) else { continue };
            if seen.insert(request.capability()) {
                found.push(request);
            } else {
                let help = "put functions and scope together in one [[capability]]".to_owned();
                self.report(node.span(), format!("`{}` is asked for twice", request.capability()), Some(help));
            }
        }
        found
    }

    fn capability(&mut self, node: &Node<'t>, table: &DeTable<'t>) -> Option<CapabilityRequest> {
        /// Everything but the scope, whose form depends on the name.
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        struct Request {
            name: Capability,
            functions: BTreeSet<String>,
            purpose: Bilingual,
            legal_basis: Vec<LegalBasis>,
            budget: Budget,
        }
        let mut rest = table.clone();
        rest.remove("scope");
        let whole: Option<Request> = self.value_or(&Spanned::new(node.span(), DeValue::Table(rest)), &["scope"]);
        // The name alone is enough to read the scope, so that a slip elsewhere does not hide one there.
        let name: Capability = match &whole {
            Some(request) => request.name,
            None => table.get("name").and_then(|node| node.get_ref().as_str()).and_then(|name| name.parse().ok())?,
        };
        let scope = match table.get("scope") {
            None => Some(AnyScope::none(name)),
            Some(node) => match AnyScope::deserialize_for(name, ValueDeserializer::from(node.clone())) {
                Ok(scope) => Some(scope),
                Err(error) => {
                    self.report_serde(&error, node.span(), &[]);
                    None
                }
            },
        };
        let (request, scope) = (whole?, scope?);
        let at = |key: &str| table.get(key).map_or_else(|| node.span(), Spanned::span);
        if request.functions.is_empty() {
            let known: Vec<_> = contract::guarded(name).map(|function| function.name).collect();
            self.report(
                at("functions"),
                "no function is named",
                Some(format!("functions of `{name}`: {}", known.join(", "))),
            );
        }
        for function in &request.functions {
            if contract::find(name, function).is_none() {
                let known = || {
                    contract::FUNCTIONS
                        .iter()
                        .filter(|function| function.capability == name)
                        .map(|function| function.name)
                };
                let help = match nearest(function, known()) {
                    Some(name) => format!("did you mean `{name}`?"),
                    None => format!("functions of `{name}`: {}", known().collect::<Vec<_>>().join(", ")),
                };
                self.report(at("functions"), format!("`{name}` has no function `{function}`"), Some(help));
            }
        }
        if request.legal_basis.is_empty() || request.legal_basis.len() > MAX_LEGAL_BASES {
            let help = format!("name 1 to {MAX_LEGAL_BASES} articles, such as `68/2020/QH14 Art. 30`");
            self.report(at("legal-basis"), "data is touched by law only", Some(help));
        }
        if request.budget.calls_per_minute == 0 {
            self.report(
                at("budget"),
                "a budget of no calls lets nothing be called",
                Some("give `calls-per-minute`".to_owned()),
            );
        }
        let Request { functions, purpose, legal_basis, budget, .. } = request;
        Some(CapabilityRequest { functions, scope, purpose, legal_basis, budget })
    }

    fn check_operations(&mut self, operations: &BTreeMap<crate::ids::OperationName, Operation>) {
        for (name, operation) in operations {
            if operation.callers.is_empty() {
                self.report_at(
                    &format!("operations.{name}"),
                    "nobody may call this operation",
                    "name at least one role in `callers`",
                );
            }
            if operation.decisions.is_empty() {
                self.report_at(
                    &format!("operations.{name}"),
                    "this operation can decide nothing",
                    "name its decisions in `decisions`",
                );
            }
        }
    }

    fn check_indicators(
        &mut self,
        requests: &[CapabilityRequest],
        declared: &BTreeMap<crate::ids::IndicatorName, Indicator>,
    ) {
        let counted = requests.iter().find_map(|request| match &request.scope {
            AnyScope::Reporting(scope) => Some(&scope.indicators),
            _ => None,
        });
        let missing: Vec<_> = counted.into_iter().flatten().filter(|name| !declared.contains_key(*name)).collect();
        for name in missing {
            let help = match nearest(name.as_str(), declared.keys().map(crate::ids::IndicatorName::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("add `{name} = {{ kind = …, title = … }}` under [indicators]"),
            };
            let at = span_of(self.root, "capability").unwrap_or(0..0);
            self.report(
                at,
                format!("the scope of `reporting` counts `{name}`, which [indicators] does not declare"),
                Some(help),
            );
        }
    }

    fn check_config(&mut self, config: &Config) {
        for (name, setting) in &config.settings {
            let path = format!("config.{name}");
            if setting.kind == super::SettingKind::Choice && setting.choices.is_empty() {
                self.report_at(&path, "there is nothing to choose", "give `choices`");
            } else if setting.min.zip(setting.max).is_some_and(|(min, max)| min > max) {
                self.report_at(&path, "`min` is larger than `max`", "exchange them");
            } else if let Err(error) = setting.check(name, &setting.default) {
                self.report_at(&path, &format!("the default does not fit its own type: {error}"), "correct `default`");
            }
        }
    }

    fn check_limits(&mut self, limits: &Limits) {
        let mut range = |key: &str, value: u32, least: u32, most: u32| {
            if !(least..=most).contains(&value) {
                self.report_at(
                    &format!("limits.{key}"),
                    &format!("{value} is out of range"),
                    &format!("{least} to {most}"),
                );
            }
        };
        range("deadline-ms", limits.deadline_ms, 1, MAX_DEADLINE_MS);
        range("memory-kib", limits.memory_kib, MIN_MEMORY_KIB, MAX_MEMORY_KIB);
        range("table", limits.table.unwrap_or(1), 1, MAX_TABLE_ELEMENTS);
    }

    fn check_retention(&mut self, retention: &Retention) {
        if !(1..=MAX_RETENTION_DAYS).contains(&retention.invocations_days) {
            let help = format!("1 to {MAX_RETENTION_DAYS} days");
            self.report_at(
                "retention.invocations-days",
                &format!("{} is out of range", retention.invocations_days),
                &help,
            );
        }
    }
}

/// The place of a dotted path.
fn span_of(root: &DeTable<'_>, path: &str) -> Option<Range<usize>> {
    let (first, rest) = match path.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    };
    let (key, node) = root.get_key_value(first)?;
    match (rest, node.get_ref()) {
        (None, _) => Some(key.span()),
        (Some(rest), DeValue::Table(table)) => span_of(table, rest),
        (Some(_), _) => Some(key.span()),
    }
}

/// The dotted path of the innermost key or value that holds this byte. The parser bounds how deep tables nest.
fn key_at(root: &DeTable<'_>, at: usize) -> Option<String> {
    fn search(node: &DeValue<'_>, path: &str, at: usize, best: &mut Option<(usize, String)>) {
        let see = |span: Range<usize>, path: &str, inner: &DeValue<'_>, best: &mut Option<(usize, String)>| {
            if span.contains(&at) && best.as_ref().is_none_or(|(width, _)| span.len() <= *width) {
                *best = Some((span.len(), path.to_owned()));
            }
            search(inner, path, at, best);
        };
        match node {
            DeValue::Table(table) => {
                for (key, value) in table {
                    let path =
                        if path.is_empty() { key.get_ref().to_string() } else { format!("{path}.{}", key.get_ref()) };
                    if key.span().contains(&at) {
                        *best = Some((0, path.clone()));
                    }
                    see(value.span(), &path, value.get_ref(), best);
                }
            }
            DeValue::Array(list) => {
                for (n, value) in list.iter().enumerate() {
                    // Entries of a plain list go by the list's name, tables of a list by their number.
                    let path = if matches!(value.get_ref(), DeValue::Table(_)) {
                        format!("{path}.{}", n + 1)
                    } else {
                        path.to_owned()
                    };
                    see(value.span(), &path, value.get_ref(), best);
                }
            }
            _ => {}
        }
    }
    let mut best = None;
    search(&DeValue::Table(root.clone()), "", at, &mut best);
    best.map(|(_, path)| path)
}
