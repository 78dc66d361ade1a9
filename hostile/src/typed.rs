//! What people type at a desk: names, numbers, dates, addresses.

use pilothouse_identity::{
    AddressText, FullName, NameVerdict, OldNumber, PartialDate, PersonalNumber, compare, key_a, key_b,
};
use pilothouse_registry::version::parse_version;

use crate::genuine::{TODAY, number};

/// One value; after a line end a second one, which it is compared with.
pub(crate) fn values(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (first, second) = text.split_once('\n').unwrap_or((text, ""));
    if let Ok(name) = FullName::parse(first) {
        assert!(name.compare(name.reveal()) == NameVerdict::Equal, "a name differs from itself");
        assert!(
            name.compare(second) == compare(second, name.reveal()),
            "two names compare otherwise the other way round"
        );
    }
    // A key is a key already.
    let key = key_a(first);
    assert!(key_a(key.reveal()) == key, "the key of a key is another one");
    let key = key_b(first);
    assert!(key_b(key.reveal()) == key, "the second key of a key is another one");
    if let Ok(date) = PartialDate::parse(first) {
        assert!(PartialDate::parse(&date.to_string()).is_ok_and(|again| again == date), "a date is written as another");
    }
    let _ = PartialDate::parse_mrz_birth(first, Some(&number()), TODAY);
    let _ = PartialDate::parse_mrz_birth(first, None, TODAY);
    let _ = (OldNumber::parse(first), AddressText::parse(first), parse_version(first));
    if let Ok(number) = PersonalNumber::parse(first) {
        assert!(number.reveal() == first && (1900..2400).contains(&number.birth_year()));
    }
}

pub(crate) fn genuine() -> Vec<Vec<u8>> {
    [
        "Nguyễn Văn Thử\nNGUYEN VAN THU",
        "Trần Thị Mẫu\nTrần Thị Mẫu",
        "H' Giả Định Ê-ban\nH Gia Dinh Eban",
        "14/02/1999\n",
        "1999-02-14\n",
        "02/1999\n",
        "1999\n",
        "990214\n",
        "044099990017\n194999001",
        "Tổ dân phố 0, Bắc Lý, Đồng Hới\n",
        "1.2.0-alpha.1\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}
