//! The districts of the plan's area, dissolved on 1 July 2025, and the communes of today that lie in each.
//!
//! History, which does not change any more: no new commune lies in two old districts. Source: Resolution 1680/NQ-UBTVQH15 and the list of
//! administrative units of the statistics office.

use std::collections::BTreeSet;

use pilothouse_sdk::prelude::*;

/// Code of a dissolved district, and codes of today's communes in it.
const DISTRICTS: [(&str, &[&str]); 8] = [
    // Thành phố Đồng Hới
    ("450", &["18859", "18871", "18880"]),
    // Huyện Minh Hóa
    ("452", &["18901", "18904", "18919", "18922", "18943"]),
    // Huyện Tuyên Hóa
    ("453", &["18949", "18952", "18958", "18985", "18991", "18997"]),
    // Huyện Quảng Trạch
    ("454", &["19021", "19030", "19033", "19051", "19057"]),
    // Huyện Bố Trạch
    ("455", &["19111", "19126", "19141", "19147", "19159", "19165", "19198"]),
    // Huyện Quảng Ninh
    ("456", &["19204", "19207", "19225", "19237"]),
    // Huyện Lệ Thủy
    ("457", &["19246", "19249", "19255", "19288", "19291", "19309", "19318"]),
    // Thị xã Ba Đồn
    ("458", &["19009", "19066", "19075", "19093"]),
];

/// Today's communes of a dissolved district. None: no such district.
pub(crate) fn communes_of(district: &str) -> Option<Vec<UnitCode>> {
    DISTRICTS.iter().find(|(code, _)| *code == district).map(|(_, communes)| parsed(communes))
}

/// All communes of the plan's area today.
pub(crate) fn whole_area() -> BTreeSet<UnitCode> {
    DISTRICTS.iter().flat_map(|(_, communes)| parsed(communes)).collect()
}

fn parsed(communes: &[&str]) -> Vec<UnitCode> {
    communes.iter().filter_map(|code| UnitCode::parse(code).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_has_forty_one_communes_each_in_one_district() {
        assert_eq!(whole_area().len(), 41);
        let all: usize = DISTRICTS.iter().map(|(code, _)| communes_of(code).unwrap().len()).sum();
        assert_eq!(all, 41);
    }

    #[test]
    fn what_is_no_district_of_then_has_no_communes() {
        assert_eq!(communes_of("450").unwrap().len(), 3);
        assert_eq!(communes_of("461"), None);
    }
}
