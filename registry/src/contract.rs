//! The released contract as the door sees it: every function of every capability package, and which versions exist.
//!
//! A test compares this table with the WIT folder, so the two cannot drift.

use crate::ids::{Capability, FunctionName};

/// Namespace of the contract's packages.
pub const NAMESPACE: &str = "pilothouse";

/// The package whose imports need no grant: occasion, settings, common types.
pub const AMBIENT_PACKAGE: &str = "call";

/// The package of what a pilot exports.
pub const PILOT_PACKAGE: &str = "pilot";

/// The version of every package that was ever released. A component that names another was built against something else.
///
/// The linker would match `@1.0.999` with our 1.0.0, which a comparison of texts would not see; so what was not released is refused.
pub const RELEASED: &[(&str, &str)] = &[
    ("alerts", "1.0.0"),
    ("call", "1.0.0"),
    ("consent", "1.0.0"),
    ("lodging", "1.0.0"),
    ("messaging", "1.0.0"),
    ("person", "1.0.0"),
    ("pilot", "1.0.0"),
    ("places", "1.0.0"),
    ("population", "1.0.0"),
    ("readers", "1.0.0"),
    ("records", "1.0.0"),
    ("registers", "1.0.0"),
    ("reporting", "1.0.0"),
];

/// Interfaces that a pilot may export, and the functions of each. All of `pilothouse:pilot@1.0.0`.
pub const EXPORTS: &[(&str, &[&str])] =
    &[("operations", &["describe", "call"]), ("readings", &["on-reading"]), ("schedules", &["due"])];

/// Interfaces without a grant, and the functions of each. All of `pilothouse:call@1.0.0`.
pub const AMBIENT: &[(&str, &[&str])] = &[
    ("types", &[]),
    (
        "occasion",
        &["at", "local-date", "captured-at", "unit", "facility", "caller-role", "device", "reference", "seed"],
    ),
    ("settings", &["all"]),
];

/// Whether the funnel decides about a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    /// Every call passes the funnel; a manifest lists it.
    Guarded,
    /// A getter of something that a guarded function (or the call itself) handed out: it comes with the capability and need not be listed.
    Passive,
}

/// A function of a capability package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Function {
    /// Of which capability.
    pub capability: Capability,
    /// In which interface of its package.
    pub interface: &'static str,
    /// Its name in WIT: `verify`, `[method]entry.get`.
    pub wit: &'static str,
    /// Its name in manifests: `verify`, `entry.get`.
    pub name: &'static str,
    /// Whether the funnel decides about it.
    pub guard: Guard,
    /// Whether it does something outside.
    pub effect: bool,
    /// What it does, in Vietnamese, for whoever approves it.
    pub vi: &'static str,
    /// The same in English.
    pub en: &'static str,
}

impl Function {
    /// `population.verify`; a method of a resource with its package's name says that name once: `person.pseudonym`.
    pub fn full_name(&self) -> String {
        full_name(self.capability, self.name)
    }
}

const fn function(capability: Capability, interface: &'static str, wit: &'static str, name: &'static str) -> Function {
    Function { capability, interface, wit, name, guard: Guard::Guarded, effect: false, vi: "", en: "" }
}

const fn asks(
    capability: Capability,
    interface: &'static str,
    wit: &'static str,
    name: &'static str,
    vi: &'static str,
    en: &'static str,
) -> Function {
    Function { vi, en, ..function(capability, interface, wit, name) }
}

const fn acts(
    capability: Capability,
    interface: &'static str,
    name: &'static str,
    vi: &'static str,
    en: &'static str,
) -> Function {
    Function { effect: true, vi, en, ..function(capability, interface, name, name) }
}

const fn gets(capability: Capability, interface: &'static str, wit: &'static str, name: &'static str) -> Function {
    Function {
        guard: Guard::Passive,
        vi: "đọc kết quả đã được cấp",
        en: "reads a result already granted",
        ..function(capability, interface, wit, name)
    }
}

use Capability::{
    Alerts, Consent, Lodging, Messaging, Person, Places, Population, Readers, Records, Registers, Reporting,
};

/// Every function that can be granted.
pub const FUNCTIONS: &[Function] = &[
    asks(
        Person,
        "people",
        "[method]person.pseudonym",
        "person.pseudonym",
        "lấy bí danh của một người",
        "gets a person's pseudonym",
    ),
    asks(Person, "people", "[method]person.kind", "person.kind", "hỏi loại người", "asks the kind of person"),
    asks(Person, "people", "[method]person.same", "person.same", "so hai người có là một", "compares two handles"),
    gets(Person, "people", "[method]person.token", "person.token"),
    asks(
        Person,
        "people",
        "[method]person.seal",
        "person.seal",
        "niêm phong tham chiếu tới một người",
        "seals a reference to a person",
    ),
    gets(Person, "people", "from-token", "from-token"),
    asks(Person, "people", "reopen", "reopen", "mở lại tham chiếu đã niêm phong", "reopens a sealed reference"),
    asks(
        Population,
        "individuals",
        "verify",
        "verify",
        "hỏi có, không về một người",
        "asks yes-or-no questions about a person",
    ),
    asks(
        Population,
        "individuals",
        "related",
        "related",
        "hỏi quan hệ giữa hai người",
        "asks how two people are related",
    ),
    asks(Population, "individuals", "read", "read", "đọc một trường của một người", "reads one field of a person"),
    asks(
        Population,
        "individuals",
        "household",
        "household",
        "xem những người cùng hộ",
        "meets the people of a household",
    ),
    asks(Population, "statistics", "aggregate", "aggregate", "đếm nhiều người", "counts people"),
    gets(Population, "statistics", "[method]answer-table.cells", "answer-table.cells"),
    gets(Population, "statistics", "[method]answer-table.size", "answer-table.size"),
    gets(Population, "statistics", "[method]answer-table.suppressed", "answer-table.suppressed"),
    gets(Population, "statistics", "[method]answer-table.total", "answer-table.total"),
    gets(Population, "statistics", "[method]answer-table.minimum", "answer-table.minimum"),
    asks(
        Registers,
        "sector",
        "find",
        "find",
        "tìm một người trong cơ sở dữ liệu ngành",
        "finds a person in a sector register",
    ),
    gets(Registers, "sector", "[method]entry.version", "entry.version"),
    asks(
        Registers,
        "sector",
        "[method]entry.get",
        "entry.get",
        "đọc một trường của cơ sở dữ liệu ngành",
        "reads a field of a sector register",
    ),
    asks(
        Registers,
        "sector",
        "[method]entry.agrees",
        "entry.agrees",
        "đối chiếu với dữ liệu dân cư",
        "compares with population data",
    ),
    acts(Registers, "sector", "propose", "đề nghị sửa cơ sở dữ liệu ngành", "proposes a change of a sector register"),
    asks(
        Readers,
        "readings",
        "reading-of",
        "reading-of",
        "xem người được xác định bằng cách nào",
        "sees how a person was identified",
    ),
    gets(Readers, "readings", "[method]reading.method", "reading.method"),
    gets(Readers, "readings", "[method]reading.assurance", "reading.assurance"),
    gets(Readers, "readings", "[method]reading.person", "reading.person"),
    gets(Readers, "readings", "[method]reading.document-kind", "reading.document-kind"),
    gets(Readers, "readings", "[method]reading.captured-at", "reading.captured-at"),
    gets(Readers, "readings", "[method]reading.warnings", "reading.warnings"),
    acts(Readers, "readings", "show", "hiện tín hiệu trên thiết bị đọc", "shows a signal on the reader"),
    asks(Places, "places", "unit-on", "unit-on", "tra đơn vị hành chính", "looks up a unit"),
    asks(Places, "places", "successors", "successors", "tra đơn vị kế tiếp", "looks up a unit's successors"),
    asks(Places, "places", "predecessors", "predecessors", "tra đơn vị trước đây", "looks up a unit's predecessors"),
    asks(Places, "places", "facility-by-id", "facility-by-id", "tra một cơ sở", "looks up a facility"),
    asks(Places, "places", "facilities", "facilities", "liệt kê cơ sở", "lists facilities"),
    asks(Places, "places", "working-day-add", "working-day-add", "tính ngày làm việc", "counts working days"),
    gets(Places, "places", "[method]unit.code", "unit.code"),
    gets(Places, "places", "[method]unit.name", "unit.name"),
    gets(Places, "places", "[method]unit.level", "unit.level"),
    gets(Places, "places", "[method]unit.parent", "unit.parent"),
    gets(Places, "places", "[method]unit.valid-from", "unit.valid-from"),
    gets(Places, "places", "[method]unit.valid-to", "unit.valid-to"),
    gets(Places, "places", "[method]facility.id", "facility.id"),
    gets(Places, "places", "[method]facility.class", "facility.class"),
    gets(Places, "places", "[method]facility.unit", "facility.unit"),
    gets(Places, "places", "[method]facility.capacity", "facility.capacity"),
    gets(Places, "places", "[method]facility.licence", "facility.licence"),
    gets(Places, "places", "[method]facility.insurance-code", "facility.insurance-code"),
    acts(Lodging, "notices", "notify", "gửi thông báo lưu trú", "sends a lodging notice"),
    acts(Lodging, "notices", "amend", "sửa thông báo lưu trú", "amends a lodging notice"),
    acts(Lodging, "notices", "depart", "báo khách đi", "reports a departure"),
    acts(Lodging, "notices", "cancel", "hủy thông báo lưu trú", "cancels a lodging notice"),
    asks(Lodging, "notices", "state", "state", "xem tình trạng thông báo", "sees where a notice stands"),
    asks(
        Lodging,
        "notices",
        "open-stays",
        "open-stays",
        "liệt kê lượt lưu trú của cơ sở",
        "lists a facility's open stays",
    ),
    asks(Records, "tables", "get", "get", "đọc bảng riêng", "reads its own tables"),
    asks(Records, "tables", "put", "put", "ghi bảng riêng", "writes its own tables"),
    asks(Records, "tables", "delete", "delete", "xóa trong bảng riêng", "deletes from its own tables"),
    asks(Records, "tables", "scan", "scan", "duyệt bảng riêng", "scans its own tables"),
    asks(Reporting, "reports", "count", "count", "đếm chỉ số", "counts an indicator"),
    asks(Reporting, "reports", "obstacle", "obstacle", "báo khó khăn, vướng mắc", "reports an obstacle"),
    asks(Reporting, "reports", "resolve", "resolve", "báo đã tháo gỡ", "resolves an obstacle"),
    acts(Reporting, "reports", "series", "công bố chuỗi số liệu", "publishes a series"),
    acts(Alerts, "duty", "raise", "báo cho trực ban", "raises an alert"),
    acts(Alerts, "duty", "update", "bổ sung thông tin cho trực ban", "tells more about an alert"),
    asks(Alerts, "duty", "state", "state", "xem trực ban đã tiếp nhận chưa", "sees where an alert stands"),
    asks(Consent, "consents", "state", "state", "xem người dân đã đồng ý chưa", "sees whether a person has agreed"),
    acts(Consent, "consents", "request", "xin người dân đồng ý", "asks a person to agree"),
    asks(
        Consent,
        "consents",
        "withdrawn-since",
        "withdrawn-since",
        "xem các đồng ý đã bị rút lại",
        "sees which consents were taken back",
    ),
    acts(Messaging, "direct", "notify", "nhắn tin cho người dân", "sends a message to a person"),
    acts(Messaging, "direct", "notify-staff", "nhắn tin cho nhân viên cơ sở", "sends a message to a facility's staff"),
    asks(Messaging, "direct", "receipts", "receipts", "xem tin nhắn đã tới chưa", "sees what became of its messages"),
];

/// The function of this name in manifests: `verify`, `entry.get`.
pub fn find(capability: Capability, name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.capability == capability && function.name == name)
}

/// A function with its capability: `population.verify`, and `person.pseudonym`, whose resource is named like the capability.
pub fn full_name(capability: Capability, name: &str) -> String {
    match name.split_once('.') {
        Some((resource, _)) if resource == capability.as_str() => name.to_owned(),
        _ => format!("{capability}.{name}"),
    }
}

/// The function of this full name: `population.verify`.
pub fn find_full(name: &FunctionName) -> Option<&'static Function> {
    find(name.capability(), name.name())
}

/// The function behind an import: interface and WIT name.
pub fn find_import(capability: Capability, interface: &str, wit: &str) -> Option<&'static Function> {
    FUNCTIONS
        .iter()
        .find(|function| function.capability == capability && function.interface == interface && function.wit == wit)
}

/// The functions of a capability that a manifest may list.
pub fn guarded(capability: Capability) -> impl Iterator<Item = &'static Function> {
    FUNCTIONS.iter().filter(move |function| function.capability == capability && function.guard == Guard::Guarded)
}

/// Whether this version of a package of ours was released.
pub fn is_released(package: &str, version: &str) -> bool {
    RELEASED.contains(&(package, version))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// Every function of the WIT folder: package, interface, WIT name, whether it can be denied, whether its text marks an effect.
    fn of_the_wit_folder() -> BTreeSet<(String, String, String, bool, bool)> {
        let mut resolve = wit_parser::Resolve::default();
        resolve.push_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit")).unwrap();
        let mut found = BTreeSet::new();
        for (_, interface) in resolve.interfaces.iter() {
            let package = &resolve.packages[interface.package.unwrap()].name;
            assert_eq!(package.namespace, NAMESPACE);
            assert!(
                is_released(&package.name, &package.version.as_ref().unwrap().to_string()),
                "{package} is not in RELEASED"
            );
            for (name, function) in &interface.functions {
                let deniable = function.result.is_some_and(|result| {
                    let wit_parser::Type::Id(id) = result else { return false };
                    let wit_parser::TypeDefKind::Result(result) = &resolve.types[id].kind else { return false };
                    let Some(wit_parser::Type::Id(err)) = result.err else { return false };
                    resolve.types[err].name.as_deref() == Some("denial")
                });
                let docs = function.docs.contents.as_deref().unwrap_or_default();
                found.insert((
                    package.name.clone(),
                    interface.name.clone().unwrap(),
                    name.clone(),
                    deniable,
                    docs.starts_with("*Effect"),
                ));
            }
        }
        found
    }

    #[test]
    fn the_table_is_the_wit_folder() {
        let mut table: BTreeSet<_> = FUNCTIONS
            .iter()
            .map(|function| {
                (
                    function.capability.to_string(),
                    function.interface.to_owned(),
                    function.wit.to_owned(),
                    function.guard == Guard::Guarded,
                    function.effect,
                )
            })
            .collect();
        for (package, interfaces) in [(AMBIENT_PACKAGE, AMBIENT), (PILOT_PACKAGE, EXPORTS)] {
            for (interface, functions) in interfaces {
                for function in *functions {
                    table.insert((package.into(), (*interface).into(), (*function).into(), false, false));
                }
            }
        }
        assert_eq!(table, of_the_wit_folder());
    }

    #[test]
    fn a_method_is_named_by_its_resource() {
        for function in FUNCTIONS {
            let name = function.wit.strip_prefix("[method]").unwrap_or(function.wit);
            assert_eq!(function.name, name);
            assert!(!function.vi.is_empty() && !function.en.is_empty());
            assert_eq!(find_full(&function.full_name().parse().unwrap()), Some(function));
        }
    }
}
