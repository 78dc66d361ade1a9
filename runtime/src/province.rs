//! The embedded province behind the providers: people, registers, facilities, calendar, made from a seed when the host starts.

use std::collections::HashMap;

use pilothouse_province::{Calendar, Facilities, Facility, Population};
use time::Date;

/// All that the embedded providers answer from. Synthetic, and the same on every machine for the same seed.
pub struct Province {
    /// People and their registers.
    pub population: Population,
    /// Working days.
    pub calendar: Calendar,
    facilities: Facilities,
    by_id: HashMap<String, usize>,
}

impl Province {
    /// Makes the province. `today` is the day on which its cards, insurances and licences stand as they do.
    pub fn generate(seed: u64, people: u32, today: Date) -> Province {
        let facilities = Facilities::generate(seed, today);
        let by_id = facilities.iter().enumerate().map(|(place, facility)| (facility.id.clone(), place)).collect();
        Province {
            population: Population::generate(seed, people, today),
            calendar: Calendar::fixed(),
            facilities,
            by_id,
        }
    }

    /// The facility with this id.
    pub fn facility(&self, id: &str) -> Option<&Facility> {
        self.facilities.iter().nth(*self.by_id.get(id)?)
    }

    /// All facilities.
    pub fn facilities(&self) -> &Facilities {
        &self.facilities
    }
}

/// The class as the contract and grants write it.
pub fn class_code(facility: &Facility) -> &'static str {
    use pilothouse_province::FacilityClass::*;
    match facility.class {
        Hospital => "hospital",
        CommuneStation => "commune-station",
        Hotel => "hotel",
        Guesthouse => "guesthouse",
        PublicGuestHouse => "public-guest-house",
        Rental => "rental",
        Dormitory => "dormitory",
        CoachStation => "coach-station",
        NotaryOffice => "notary-office",
        DrivingTestCentre => "driving-test-centre",
        SecuredBusiness => "secured-business",
    }
}
