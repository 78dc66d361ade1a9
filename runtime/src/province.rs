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

    /// The calendar, and neither people nor facilities: of an installation that has no synthetic ones.
    pub fn nobody(today: Date) -> Province {
        Province {
            population: Population::nobody(today),
            calendar: Calendar::fixed(),
            facilities: Facilities::none(),
            by_id: HashMap::new(),
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
    facility.class.code()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use pilothouse_province::FacilityClass;
    use pilothouse_registry::Ceiling;

    #[test]
    fn the_province_has_facilities_of_exactly_the_classes_that_grants_can_name() {
        let ceiling = Ceiling::embedded().unwrap();
        let named: BTreeSet<&str> = ceiling.facility_classes().map(|class| class.as_str()).collect();
        assert_eq!(named, FacilityClass::all().map(FacilityClass::code).collect());
        assert!(ceiling.lodging_classes().all(|class| named.contains(class.as_str())));
    }
}
