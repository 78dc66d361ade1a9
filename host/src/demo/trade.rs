//! The kinds of places that take part in the day, each with its pilot, and who works there.

use pilothouse_province::FacilityClass;

/// A kind of place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Trade {
    /// Hospitals, which check patients in.
    Hospital,
    /// Hotels, which tell the police of their guests.
    Hotel,
    /// Long-distance coaches, whose lists of passengers go to the police.
    Coach,
    /// Pawnshops, which verify their customers.
    Pawnshop,
    /// Branches of the policy bank, which check their borrowers.
    Bank,
}

impl Trade {
    pub(super) const ALL: [Trade; 5] = [Trade::Hospital, Trade::Hotel, Trade::Coach, Trade::Pawnshop, Trade::Bank];

    /// The pilot that it uses.
    pub(super) const fn pilot(self) -> &'static str {
        match self {
            Trade::Hospital => "bhyt-checkin",
            Trade::Hotel => "lodging-hotels",
            Trade::Coach => "coach-passengers",
            Trade::Pawnshop => "secured-business-identity",
            Trade::Bank => "policy-credit",
        }
    }

    /// The role of who works there.
    pub(super) const fn role(self) -> &'static str {
        match self {
            Trade::Hospital => "registration-clerk",
            Trade::Hotel => "receptionist",
            Trade::Coach => "conductor",
            Trade::Pawnshop => "shopkeeper",
            Trade::Bank => "credit-officer",
        }
    }

    /// The class of its facilities.
    pub(super) const fn class(self) -> FacilityClass {
        match self {
            Trade::Hospital => FacilityClass::Hospital,
            Trade::Hotel => FacilityClass::Hotel,
            Trade::Coach => FacilityClass::Coach,
            Trade::Pawnshop => FacilityClass::Pawnshop,
            Trade::Bank => FacilityClass::PolicyBank,
        }
    }
}
