//! Codes that are every pilot's alike, in words: why a capability call was denied, why a request was refused by the SDK or
//! the host, how a component failed. What a pilot says of its own codes stands in its own texts, and goes before these.

use super::Lang;

/// What a code is a code of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeKind {
    /// Of a denied capability call.
    Denial,
    /// Of a refused request.
    Refusal,
    /// Of a component's failure.
    Fault,
}

type Row = (&'static str, &'static str, &'static str);

/// Code, Vietnamese, English. The funnel denies with these, and guests read them (`DenialKind` of the SDK).
const DENIALS: [Row; 13] = [
    ("not-granted", "Chức năng này không được cấp", "No grant covers the function"),
    ("expired", "Quyền được cấp đã hết hạn", "The grant has ended"),
    ("purpose-mismatch", "Quyền được cấp cho mục đích khác", "Granted for another purpose"),
    ("out-of-unit", "Ngoài địa bàn của quyền được cấp", "Outside the units of the grant"),
    ("field-not-granted", "Trường dữ liệu này không được cấp", "The grant leaves this field out"),
    ("budget-spent", "Đã dùng hết hạn mức", "The budget is spent"),
    ("consent-missing", "Người dân chưa đồng ý", "The person has not agreed"),
    ("opted-out", "Người dân không muốn nhận tin nhắn", "The person wants no messages"),
    ("suppressed", "Bị ẩn: câu trả lời có thể chỉ ra một người", "Suppressed: the answer could point at someone"),
    ("unavailable", "Nguồn dữ liệu không trả lời", "The source gives no answer"),
    ("invalid", "Giá trị gửi đi không hợp lệ", "A value has no valid form"),
    ("not-found", "Không có mục này", "There is no such thing"),
    ("conflict", "Đã bị thay đổi hoặc trùng khóa", "Changed meanwhile, or the key is taken"),
];

/// Code, Vietnamese, English. The SDK refuses with these on a pilot's behalf.
const REFUSALS: [Row; 8] = [
    ("clock-ahead", "Đồng hồ thiết bị chạy nhanh", "The device's clock is ahead"),
    ("facility-unknown", "Cơ sở này không thuộc loại mà ứng dụng phục vụ", "Not a facility that this pilot serves"),
    ("no-facility", "Chưa nêu cơ sở", "No facility was named"),
    ("other-facility", "Cơ sở này không phải của quầy", "This facility is not the desk's own"),
    ("unit-mismatch", "Cơ sở thuộc xã, phường khác", "The facility lies in another unit"),
    ("unknown-operation", "Ứng dụng không có thao tác hoặc lịch này", "The pilot has no such operation or schedule"),
    ("outcome-data", "Ứng dụng không lập được câu trả lời", "The pilot could not write its answer"),
    ("settings", "Cài đặt không khớp với ứng dụng", "The settings do not fit the pilot"),
];

/// Code, Vietnamese, English. How a component fails, as the runtime tells it.
const FAULTS: [Row; 17] = [
    ("trapped", "Thành phần dừng đột ngột", "The component stopped abruptly"),
    ("deadline", "Thành phần chạy quá thời hạn", "The component ran past its deadline"),
    ("memory", "Thành phần dùng quá bộ nhớ", "The component used too much memory"),
    ("table", "Thành phần dùng quá bảng hàm", "The component used too much of its tables"),
    ("stack", "Thành phần gọi lồng quá sâu", "The component called itself too deeply"),
    ("answer", "Câu trả lời của thành phần không đọc được", "The component's answer could not be read"),
    ("undeclared-decision", "Kết quả không có trong bản khai", "The outcome is not in the manifest"),
    ("outside-schema", "Dữ liệu trả lời không đúng mẫu đã khai", "The data is not as its schema says"),
    ("excess", "Thành phần gọi quá nhiều trong một lượt", "The component asked too much in one call"),
    ("no-export", "Thành phần không có phần được gọi", "The component lacks what was called"),
    ("full", "Máy chủ đang dùng hết chỗ hoặc bộ nhớ", "Every place or all memory of the host is taken"),
    ("late", "Máy chủ quá bận, không kịp xử lý lượt này", "The host was too busy to carry the call in time"),
    ("host", "Máy chủ không xử lý được lượt này", "The host could not carry the call"),
    ("key-taken", "Số đã dùng cho việc khác, không gửi gì", "The number belongs to something else, nothing was sent"),
    ("withdrawn", "Ứng dụng bị tắt giữa lượt, không lưu gì", "Switched off during the call, nothing was kept"),
    ("overtaken", "Lượt khác được ghi trước, không lưu gì", "Another call was kept first, nothing of this one was"),
    ("differs", "Chạy lại không giống bản ghi", "The replay left the recording"),
];

/// A code in words; none where it is a pilot's own.
pub fn code(lang: Lang, kind: CodeKind, code: &str) -> Option<&'static str> {
    let of = |rows: &[Row]| rows.iter().find(|(known, ..)| *known == code).map(|(_, vi, en)| lang.pick(*vi, *en));
    match kind {
        CodeKind::Denial => of(&DENIALS),
        // A pilot that passes a denial on (`?`) refuses with its code.
        CodeKind::Refusal => of(&REFUSALS).or_else(|| of(&DENIALS)),
        CodeKind::Fault => of(&FAULTS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands in quotes right after a mark, through a source file; its tests are left out.
    fn after<'s>(source: &'s str, mark: &'s str) -> impl Iterator<Item = &'s str> {
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        source.split(mark).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
    }

    fn all_have_words(kind: CodeKind, codes: &[&str], at_least: usize) {
        assert!(codes.len() >= at_least, "{codes:?}");
        for name in codes {
            for lang in Lang::ALL {
                assert!(code(lang, kind, name).is_some(), "{kind:?} {name} has no words in {}", lang.code());
            }
        }
    }

    #[test]
    fn every_code_that_a_guest_can_be_denied_with_has_words() {
        let kinds = include_str!("../../../sdk/src/denial.rs");
        all_have_words(CodeKind::Denial, &after(kinds, " = ").collect::<Vec<_>>(), 12);
    }

    #[test]
    fn every_code_that_the_funnel_denies_with_has_words() {
        let decided = include_str!("../../../registry/src/grant/decide.rs");
        let codes: Vec<&str> =
            decided.split("DenialCode::").filter_map(|rest| after(rest.lines().next()?, "=>").next()).collect();
        all_have_words(CodeKind::Denial, &codes, 5);
        let funnel = include_str!("../../../runtime/src/capabilities/funnel.rs");
        let troubles = funnel.split("fn trouble_denial").nth(1).unwrap();
        let is_code = |text: &&str| text.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase());
        let codes: Vec<&str> = after(funnel, "code:").chain(after(troubles, "(").filter(is_code)).collect();
        all_have_words(CodeKind::Denial, &codes, 7);
    }

    #[test]
    fn every_way_in_which_a_component_fails_has_words() {
        let ended = include_str!("../../../runtime/src/ended.rs");
        let codes: Vec<&str> =
            ended.split("Fault::").filter_map(|rest| after(rest.lines().next()?, "=>").next()).collect();
        all_have_words(CodeKind::Fault, &codes, FAULTS.len());
    }

    #[test]
    fn every_code_that_the_sdk_refuses_with_has_words() {
        let sources = [
            include_str!("../../../sdk/src/occasion.rs"),
            include_str!("../../../sdk/src/places.rs"),
            include_str!("../../../sdk/src/export.rs"),
            include_str!("../../../sdk/src/outcome.rs"),
            include_str!("../../../sdk/src/settings.rs"),
        ];
        let codes: Vec<&str> = sources.iter().flat_map(|source| after(source, "Refusal::new(")).collect();
        all_have_words(CodeKind::Refusal, &codes, 9);
    }

    #[test]
    fn no_code_stands_twice_and_no_two_languages_are_alike() {
        for rows in [DENIALS.as_slice(), &REFUSALS, &FAULTS] {
            for (place, (name, vi, en)) in rows.iter().enumerate() {
                assert_ne!(vi, en, "{name}");
                assert!(!rows[..place].iter().any(|(other, ..)| other == name), "{name} stands twice");
                assert!(!vi.chars().any(|c| ('\u{300}'..='\u{36f}').contains(&c)), "{name} is not composed");
            }
        }
        assert_eq!(code(Lang::Vi, CodeKind::Fault, "reason-of-a-pilot"), None);
        assert_eq!(code(Lang::En, CodeKind::Refusal, "budget-spent"), Some("The budget is spent"));
    }
}
