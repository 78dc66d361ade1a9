//! What a build opens beyond another: the whole manifest, part by part, told in plain words to whoever approves it.

use std::collections::BTreeSet;

use super::wider;
use crate::ids::{CodeName, Role};
use crate::manifest::{Config, Limits, Manifest, Operation, Readings, Schedule, Setting, Widens};
use crate::scope::Difference;

type Words = (&'static str, &'static str);

/// What `new` opens that `old` did not: capabilities, callers, who sees names, decisions, readings, ticks, retention, limits, bounds of
/// settings. Empty: two officers have approved all of it with `old`, and one may put it in service. Without an old one: all that it opens.
pub fn opens(old: Option<&Manifest>, new: &Manifest) -> Vec<Difference> {
    let mut found = wider(old.map_or(&[], |old| &old.capabilities), &new.capabilities);
    for (name, operation) in &new.operations {
        let before = old.and_then(|old| old.operations.get(name));
        of_operation(&format!("operations.{name}"), name.as_str(), before, operation, &mut found);
    }
    if let Some(readings) = &new.readings {
        of_readings(old, new, readings, &mut found);
    }
    for (name, schedule) in &new.schedules {
        let before = old.and_then(|old| Some((old, old.schedules.get(name)?)));
        let key = format!("schedules.{name}");
        if before.is_none_or(|(_, before)| before.cron != schedule.cron) {
            found.push(Difference::new(
                &key,
                format!("Tự chạy theo lịch “{name}”: {}", schedule.cron),
                format!("Is woken by the schedule “{name}”: {}", schedule.cron),
            ));
        }
        let decisions = |manifest: &Manifest, schedule: &Schedule| effective(manifest, &schedule.decisions);
        let before = before.map(|(old, before)| decisions(old, before)).unwrap_or_default();
        found.extend(of_decisions(&key, name.as_str(), &before, &decisions(new, schedule)));
    }
    of_limits(old, new, &mut found);
    of_settings(old.map(|old| &old.config), &new.config, &mut found);
    if old.is_some_and(|old| old.model != new.model) {
        found.push(Difference::new(
            "model",
            format!("Thực hiện mô hình khác: {}", new.model.get()),
            format!("Carries out another model: {}", new.model.get()),
        ));
    }
    found
}

fn names<T: ToString>(name: &T) -> (String, String) {
    (name.to_string(), name.to_string())
}

/// Where an entry declares no decisions of its own, those of the operations are its.
fn effective(manifest: &Manifest, own: &BTreeSet<CodeName>) -> BTreeSet<CodeName> {
    if own.is_empty() { manifest.decisions().into_iter().cloned().collect() } else { own.clone() }
}

fn of_decisions(key: &str, of: &str, old: &BTreeSet<CodeName>, new: &BTreeSet<CodeName>) -> Option<Difference> {
    let words = (format!("“{of}” trả lời{{ thêm}}"), format!("“{of}” answers{{ in addition}}"));
    Difference::of_sets(&format!("{key}.decisions"), old, new, (&words.0, &words.1), names)
}

fn of_names(key: &str, of: &str, old: &BTreeSet<Role>, new: &BTreeSet<Role>) -> Option<Difference> {
    let words =
        (format!("Thấy họ tên trong kết quả của “{of}”"), format!("See people by name in the outcome of “{of}”"));
    Difference::of_sets(&format!("{key}.persons-visible-to"), old, new, (&words.0, &words.1), names)
}

fn of_operation(key: &str, name: &str, old: Option<&Operation>, new: &Operation, found: &mut Vec<Difference>) {
    let none = Operation {
        callers: BTreeSet::new(),
        decisions: BTreeSet::new(),
        persons_visible_to: BTreeSet::new(),
        batch: false,
    };
    let old = old.unwrap_or(&none);
    let words = (format!("Được gọi{{ thêm}} “{name}”"), format!("May call “{name}”{{ in addition}}"));
    found.extend(Difference::of_sets(
        &format!("{key}.callers"),
        &old.callers,
        &new.callers,
        (&words.0, &words.1),
        names,
    ));
    found.extend(of_names(key, name, &old.persons_visible_to, &new.persons_visible_to));
    found.extend(of_decisions(key, name, &old.decisions, &new.decisions));
    let words = (format!("“{name}” nhận cả tệp nhiều dòng"), format!("“{name}” takes files of many rows"));
    found.extend(Difference::of_switches(&format!("{key}.batch"), old.batch, new.batch, (&words.0, &words.1)));
}

fn of_readings(manifest: Option<&Manifest>, new_manifest: &Manifest, new: &Readings, found: &mut Vec<Difference>) {
    let before = manifest.and_then(|old| Some((old, old.readings.as_ref()?)));
    let old = before.map(|(_, old)| old);
    let nobody = BTreeSet::new();
    let methods = old.map(|old| old.methods.clone()).unwrap_or_default();
    found.extend(Difference::of_sets(
        "readings.methods",
        &methods,
        &new.methods,
        ("Nhận{ thêm} cách đọc", "Takes readings{ in addition} by"),
        |method| (method.vi().to_owned(), method.en().to_owned()),
    ));
    // No role at all means every device: the widest, not the narrowest.
    if new.callers.is_empty() {
        if old.is_none_or(|old| !old.callers.is_empty()) {
            found.push(Difference::new(
                "readings.callers",
                "Mọi thiết bị trong địa bàn được gửi lượt đọc",
                "Every device of its units may send readings",
            ));
        }
    } else if old.is_none_or(|old| !old.callers.is_empty()) {
        found.extend(Difference::of_sets(
            "readings.callers",
            old.map_or(&nobody, |old| &old.callers),
            &new.callers,
            ("Được gửi{ thêm} lượt đọc", "May send readings{ in addition}"),
            names,
        ));
    }
    found.extend(of_names(
        "readings",
        "readings",
        old.map_or(&BTreeSet::new(), |old| &old.persons_visible_to),
        &new.persons_visible_to,
    ));
    let decisions = before.map(|(manifest, old)| effective(manifest, &old.decisions)).unwrap_or_default();
    found.extend(of_decisions("readings", "readings", &decisions, &effective(new_manifest, &new.decisions)));
}

fn of_limits(old: Option<&Manifest>, new: &Manifest, found: &mut Vec<Difference>) {
    let none = Limits { deadline_ms: 0, memory_kib: 0, table: None };
    let limits = old.map_or(&none, |old| &old.limits);
    let numbers: [(&str, u32, u32, Words); 4] = [
        (
            "retention.invocations-days",
            old.map_or(0, |old| old.retention.invocations_days),
            new.retention.invocations_days,
            ("Giữ giá trị của các lượt gọi (ngày)", "Keeps the values of calls (days)"),
        ),
        (
            "limits.deadline-ms",
            limits.deadline_ms,
            new.limits.deadline_ms,
            ("Thời gian một lượt gọi (mili giây)", "Time of one call (milliseconds)"),
        ),
        (
            "limits.memory-kib",
            limits.memory_kib,
            new.limits.memory_kib,
            ("Bộ nhớ một lượt gọi (KiB)", "Memory of one call (KiB)"),
        ),
        (
            "limits.table",
            limits.table.unwrap_or(0),
            new.limits.table.unwrap_or(0),
            ("Số phần tử bảng hàm", "Elements of function tables"),
        ),
    ];
    found.extend(numbers.into_iter().filter_map(|(key, old, new, words)| Difference::of_maxima(key, old, new, words)));
    found.extend(Difference::of_switches(
        "seed",
        old.is_some_and(|old| old.seed),
        new.seed,
        ("Nhận số ngẫu nhiên (được ghi lại)", "Gets random numbers, which are recorded"),
    ));
    found.extend(Difference::of_switches(
        "wasi",
        old.is_some_and(|old| old.wasi),
        new.wasi,
        ("Dùng WASI (rỗng)", "Uses an empty WASI"),
    ));
}

/// A setting opens something by what may be set: wider bounds, further choices, another form, or what two had to approve and one may
/// set from now on.
fn of_settings(old: Option<&Config>, new: &Config, found: &mut Vec<Difference>) {
    for (name, setting) in &new.settings {
        let key = format!("config.{name}");
        let mut tell = |of: &str, vi: String, en: String| found.push(Difference::new(&format!("{key}.{of}"), vi, en));
        let title = (setting.title.vi(), setting.title.en());
        let Some(before) = old.and_then(|old| old.settings.get(name)) else {
            if setting.widens != Widens::Never {
                tell(
                    "widens",
                    format!("Cài đặt mở rộng (hai người duyệt): {}", title.0),
                    format!("A setting that widens (two approve it): {}", title.1),
                );
            }
            continue;
        };
        if before.widens != Widens::Never && before.widens != setting.widens {
            tell(
                "widens",
                format!("Một người đặt được, không cần hai người duyệt: {}", title.0),
                format!("One may set it, without two approvals: {}", title.1),
            );
        }
        if before.widens != Widens::Never && before.default != setting.default {
            tell("default", format!("Giá trị mặc định khác: {}", title.0), format!("Another default: {}", title.1));
        }
        if before.kind != setting.kind || are_wider(before, setting) {
            tell("bounds", format!("Đặt được rộng hơn: {}", title.0), format!("May be set wider: {}", title.1));
        }
    }
}

fn are_wider(old: &Setting, new: &Setting) -> bool {
    let below = match (old.min, new.min) {
        (Some(old), Some(new)) => new < old,
        (Some(_), None) => true,
        (None, _) => false,
    };
    let above = match (old.max, new.max) {
        (Some(old), Some(new)) => new > old,
        (Some(_), None) => true,
        (None, _) => false,
    };
    let choices = !old.choices.is_empty()
        && (new.choices.is_empty() || new.choices.iter().any(|choice| !old.choices.contains(choice)));
    below || above || choices
}
