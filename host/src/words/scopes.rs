//! The keys of scopes, in words: what kind of name stands under each.

use super::Lang;

/// Key, Vietnamese, English.
const KEYS: [(&str, &str, &str); 13] = [
    ("agrees", "đối chiếu với dữ liệu dân cư", "compared with population data"),
    ("channels", "kênh nhắn tin", "channels of messages"),
    ("claims", "câu hỏi có, không", "yes-or-no questions"),
    ("data", "loại dữ liệu xin đồng ý", "data that consent is asked for"),
    ("dims", "cách phân nhóm số đếm", "groupings of counts"),
    ("fields", "trường dữ liệu", "fields"),
    ("indicators", "chỉ số", "indicators"),
    ("kinds", "loại tin báo", "kinds of alerts"),
    ("methods", "cách đọc giấy tờ", "ways of reading"),
    ("purposes", "mục đích xin đồng ý", "purposes of consent"),
    ("series", "chuỗi số liệu", "published series"),
    ("tables", "bảng riêng của ứng dụng", "tables of its own"),
    ("templates", "mẫu tin nhắn", "texts of messages"),
];

/// The key of a scope in words; none for one that names nothing.
pub fn scope_key(lang: Lang, key: &str) -> Option<&'static str> {
    KEYS.iter().find(|(known, ..)| *known == key).map(|(_, vi, en)| lang.pick(*vi, *en))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::embedded::PLUGINS;

    #[test]
    fn every_key_that_the_embedded_pilots_ask_under_has_words() {
        let mut met = BTreeSet::new();
        for plugin in PLUGINS {
            let manifest = pilothouse_registry::Manifest::parse("pilot.toml", plugin.manifest).unwrap();
            for name in manifest.capabilities.iter().flat_map(|request| request.scope.names()) {
                assert!(scope_key(Lang::Vi, name.key).is_some(), "{} has no words", name.key);
                met.insert(name.key);
            }
        }
        assert!(met.len() > 8, "{met:?}");
    }
}
