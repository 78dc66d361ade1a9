//! Where a birth was registered, as far as the first three digits of a personal number tell.

/// Codes of the 63 provinces and cities of Circular 07/2016/TT-BCA, Appendix 1 (the statistics office's province codes
/// of Decision 124/2004/QĐ-TTg). They were not renumbered in 2025: codes of abolished provinces stay valid on everyone's number.
const PROVINCES: [u16; 63] = [
    1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36, 37, 38, 40, 42, 44, 45,
    46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75, 77, 79, 80, 82, 83, 84, 86, 87, 89, 91, 92,
    93, 94, 95, 96,
];

/// First code that cannot be a province. Births registered abroad use country codes of Appendix 2, a list that has not been published in a readable source.
const FIRST_COUNTRY_CODE: u16 = 100;

/// What the first three digits say. Never a place of residence or origin: only where the *birth* was registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// One of the 63 provinces and cities, by its three-digit code as a number (Quảng Bình: 44).
    Province(u16),
    /// From 100 upward: possibly a country. A warning, never a reason to refuse.
    PerhapsCountry(u16),
    /// Below 100 and assigned to nobody: most likely a typing error.
    Unassigned(u16),
}

impl Registration {
    pub(crate) fn from_code(code: u16) -> Self {
        if PROVINCES.binary_search(&code).is_ok() {
            Self::Province(code)
        } else if code >= FIRST_COUNTRY_CODE {
            Self::PerhapsCountry(code)
        } else {
            Self::Unassigned(code)
        }
    }

    /// Whether the code is one of the 63.
    #[must_use]
    pub const fn is_known(self) -> bool {
        matches!(self, Self::Province(_))
    }

    /// All known codes, ascending.
    #[must_use]
    pub const fn provinces() -> &'static [u16] {
        &PROVINCES
    }
}

#[cfg(test)]
mod tests {
    use super::{PROVINCES, Registration};

    #[test]
    fn codes_are_sorted_so_that_the_search_finds_each() {
        assert!(PROVINCES.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(PROVINCES.iter().all(|&code| Registration::from_code(code).is_known()));
    }

    #[test]
    fn unknown_codes_tell_countries_from_typing_errors() {
        assert_eq!(Registration::from_code(3), Registration::Unassigned(3));
        assert_eq!(Registration::from_code(0), Registration::Unassigned(0));
        assert_eq!(Registration::from_code(704), Registration::PerhapsCountry(704));
    }
}
