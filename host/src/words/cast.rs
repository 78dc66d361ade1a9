//! The demonstration's synthetic people by what is true of them, in words.

use super::Lang;

/// Name in the cast, Vietnamese, English.
const CAST: [(&str, &str, &str); 25] = [
    ("insured-adult", "Người lớn có bảo hiểm", "Insured adult"),
    ("insured-adult-2", "Người lớn có bảo hiểm, người thứ hai", "Another insured adult"),
    ("insurance-ended-yesterday", "Bảo hiểm hết hạn hôm qua", "Insurance ended yesterday"),
    ("uninsured", "Chưa tham gia bảo hiểm", "Uninsured"),
    ("child-under-6", "Trẻ dưới 6 tuổi", "Child under 6"),
    ("child-with-insurance", "Trẻ có bảo hiểm", "Child with insurance"),
    ("child-without-card", "Trẻ chưa có thẻ", "Child without a card"),
    ("name-tone-variant", "Tên viết khác dấu ở hai nơi", "Name spelled otherwise in a register"),
    ("wrong-birth-year-in-register", "Sổ bảo hiểm ghi sai năm sinh", "Wrong birth year in a register"),
    ("deceased", "Thẻ của người đã mất", "Card of a deceased person"),
    ("expired-card", "Thẻ hết hạn", "Expired card"),
    ("revoked-card", "Thẻ bị thu hồi", "Revoked card"),
    ("cancelled-number", "Số định danh cũ đã hủy", "Cancelled older number"),
    ("poor-household", "Hộ nghèo", "Poor household"),
    ("near-poor-household", "Hộ cận nghèo", "Near-poor household"),
    ("old-commune-address", "Thẻ ghi tên xã cũ", "Card names a former commune"),
    ("temporary-resident", "Người tạm trú", "Temporary resident"),
    ("lives-elsewhere", "Đang sống ở tỉnh khác", "Lives in another province"),
    ("moved-last-year", "Chuyển nơi ở năm qua", "Moved last year"),
    ("elder-over-80", "Người trên 80 tuổi", "Over 80 years old"),
    ("lives-alone", "Sống một mình", "Lives alone"),
    ("family-of-four-1", "Gia đình bốn người: chủ hộ", "Family of four: head"),
    ("family-of-four-2", "Gia đình bốn người: vợ hoặc chồng", "Family of four: spouse"),
    ("family-of-four-3", "Gia đình bốn người: con thứ nhất", "Family of four: first child"),
    ("family-of-four-4", "Gia đình bốn người: con thứ hai", "Family of four: second child"),
];

/// The member of the cast in words; none where it has none.
pub fn cast(lang: Lang, name: &str) -> Option<&'static str> {
    CAST.iter().find(|(known, ..)| *known == name).map(|(_, vi, en)| lang.pick(*vi, *en))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_of_the_cast_has_words() {
        for name in pilothouse_province::Cast::names() {
            assert!(cast(Lang::Vi, name).is_some() && cast(Lang::En, name).is_some(), "{name}");
        }
        assert_eq!(cast(Lang::Vi, "nobody"), None);
    }
}
