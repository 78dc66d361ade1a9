//! Roles by their stable names, in words.

use super::Lang;

/// Role, Vietnamese, English.
const ROLES: [(&str, &str, &str); 17] = [
    ("auditor", "Kiểm toán viên", "Auditor"),
    ("bank-officer", "Cán bộ tín dụng", "Bank officer"),
    ("conductor", "Phụ xe đường dài", "Coach conductor"),
    ("credit-officer", "Cán bộ tín dụng chính sách", "Credit officer"),
    ("department", "Sở, ban, ngành", "Department"),
    ("dispatcher", "Điều độ bến xe", "Coach dispatcher"),
    ("driver", "Lái xe, phụ xe", "Driver or conductor"),
    ("doctor", "Bác sĩ", "Doctor"),
    ("insurance-assessor", "Giám định viên bảo hiểm", "Insurance assessor"),
    ("leader", "Lãnh đạo", "Leader"),
    ("owner", "Chủ cơ sở", "Owner"),
    ("police-officer", "Công an xã, phường", "Commune police"),
    ("receptionist", "Lễ tân", "Receptionist"),
    ("registration-clerk", "Cán bộ tiếp đón", "Registration clerk"),
    ("shopkeeper", "Quầy cầm đồ, kinh doanh có điều kiện", "Shopkeeper"),
    ("statistics-officer", "Cán bộ thống kê", "Statistics officer"),
    ("working-group", "Tổ công tác", "Working group"),
];

/// The role in words; none where a pilot brought a role of its own, which is shown by its name.
pub fn role(lang: Lang, name: &str) -> Option<&'static str> {
    ROLES.iter().find(|(role, ..)| *role == name).map(|(_, vi, en)| lang.pick(*vi, *en))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_of_officers_and_desks_have_words_and_others_have_none() {
        assert_eq!(role(Lang::Vi, "working-group"), Some("Tổ công tác"));
        assert_eq!(role(Lang::En, "police-officer"), Some("Commune police"));
        assert_eq!(role(Lang::En, "nobody"), None);
    }
}
