//! Names of the provinces that the first three digits of a personal number mean.

/// A province or city of Circular 07/2016/TT-BCA, and where it went on 1 July 2025.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegistrationProvince {
    /// Three-digit code as a number.
    pub code: u16,
    /// Name when the codes were made.
    pub name: &'static str,
    /// Two-digit code of the statistics office for its successor.
    pub successor_code: u16,
    /// Name of its successor.
    pub successor_name: &'static str,
}

/// The province of a registration code: where a birth was *registered*, never where anybody lives or comes from.
#[must_use]
pub fn registration_province(code: u16) -> Option<RegistrationProvince> {
    rows().find(|province| province.code == code)
}

fn rows() -> impl Iterator<Item = RegistrationProvince> {
    include_str!("../data/pin-province-codes.csv").lines().skip(1).filter_map(|line| {
        let mut cells = line.split(',');
        let mut next = || cells.next();
        let (code, name, successor_code, successor_name) = (next()?, next()?, next()?, next()?);
        Some(RegistrationProvince {
            code: code.parse().ok()?,
            name,
            successor_code: successor_code.parse().ok()?,
            successor_name,
        })
    })
}

#[cfg(test)]
mod tests {
    use pilothouse_identity::Registration;

    use super::{registration_province, rows};

    #[test]
    fn the_file_has_exactly_the_codes_that_numbers_are_checked_against() {
        assert!(rows().map(|province| province.code).eq(Registration::provinces().iter().copied()));
    }

    #[test]
    fn the_code_of_the_old_province_leads_to_the_merged_one() {
        let province = registration_province(44).unwrap();
        assert_eq!((province.name, province.successor_code, province.successor_name), ("Quảng Bình", 44, "Quảng Trị"));
        assert_eq!(registration_province(3), None);
    }
}
