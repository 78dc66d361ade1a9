//! Facilities: where people are treated, stay and are dealt with. All made up, and named so.

use serde::{Deserialize, Serialize};
use time::{Date, Duration};

use crate::draw::Draw;
use crate::generate::REFERENCE_DAY;
use crate::units::{MERGER, Places, Unit, UnitCode};

/// Time zone of every facility: UTC+7, no summer time.
pub const TIMEZONE: &str = "Asia/Ho_Chi_Minh";

/// Stream of chance for facilities.
const STREAM: u64 = 4;

/// Class of a facility: what rules apply to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FacilityClass {
    /// Bệnh viện.
    Hospital,
    /// Trạm y tế of a commune.
    CommuneStation,
    /// Khách sạn.
    Hotel,
    /// Nhà nghỉ.
    Guesthouse,
    /// Nhà khách of a public body.
    PublicGuestHouse,
    /// Nhà trọ: rented rooms.
    Rental,
    /// Nhà lưu trú công nhân.
    Dormitory,
    /// Bến xe.
    CoachStation,
    /// Văn phòng công chứng.
    NotaryOffice,
    /// Trung tâm sát hạch lái xe.
    DrivingTestCentre,
    /// Cơ sở kinh doanh có điều kiện: a business under security conditions that is none of the three below.
    SecuredBusiness,
    /// Nhà xe: an operator of coaches.
    CoachOperator,
    /// Xe khách đường dài: one coach, whose capacity is its seats.
    Coach,
    /// Cơ sở cầm đồ.
    Pawnshop,
    /// Cơ sở dịch vụ bảo vệ.
    SecurityService,
    /// Văn phòng thừa phát lại.
    BailiffOffice,
    /// Điểm giao dịch của Ngân hàng Chính sách xã hội in a commune.
    PolicyBank,
}

/// Class, code, beginning of ids, Vietnamese word, how many (`None`: one for each commune), least and greatest capacity.
type ClassRow = (FacilityClass, &'static str, &'static str, &'static str, Option<u32>, u32, u32);

/// New rows go to the end: a row's place is its stream of chance. What grants can name is the same list: `ceiling.toml` of the registry.
const CLASSES: [ClassRow; 17] = [
    (FacilityClass::Hospital, "hospital", "hospital", "Bệnh viện", Some(12), 80, 900),
    (FacilityClass::CommuneStation, "commune-station", "station", "Trạm y tế", None, 5, 15),
    (FacilityClass::Hotel, "hotel", "hotel", "Khách sạn", Some(60), 30, 400),
    (FacilityClass::Guesthouse, "guesthouse", "guesthouse", "Nhà nghỉ", Some(90), 8, 40),
    (FacilityClass::PublicGuestHouse, "public-guest-house", "public-guesthouse", "Nhà khách", Some(10), 20, 120),
    (FacilityClass::Rental, "rental", "rental", "Nhà trọ", Some(80), 6, 60),
    (FacilityClass::Dormitory, "dormitory", "dormitory", "Nhà lưu trú công nhân", Some(8), 60, 600),
    (FacilityClass::CoachStation, "coach-station", "coach-station", "Bến xe", Some(8), 10, 60),
    (FacilityClass::NotaryOffice, "notary-office", "notary", "Văn phòng công chứng", Some(10), 3, 12),
    (
        FacilityClass::DrivingTestCentre,
        "driving-test-centre",
        "driving-test",
        "Trung tâm sát hạch lái xe",
        Some(3),
        20,
        80,
    ),
    (
        FacilityClass::SecuredBusiness,
        "secured-business",
        "secured-business",
        "Cơ sở kinh doanh có điều kiện",
        Some(30),
        2,
        20,
    ),
    (FacilityClass::CoachOperator, "coach-operator", "coach-operator", "Nhà xe", Some(10), 4, 60),
    (FacilityClass::Coach, "coach", "coach", "Xe khách", Some(40), 40, 45),
    (FacilityClass::Pawnshop, "pawnshop", "pawnshop", "Cơ sở cầm đồ", Some(25), 1, 4),
    (FacilityClass::SecurityService, "security-service", "security-service", "Dịch vụ bảo vệ", Some(6), 10, 200),
    (FacilityClass::BailiffOffice, "bailiff-office", "bailiff", "Văn phòng thừa phát lại", Some(3), 3, 12),
    (FacilityClass::PolicyBank, "policy-bank", "policy-bank", "Điểm giao dịch Ngân hàng Chính sách xã hội", None, 1, 4),
];

impl FacilityClass {
    /// The class as the contract and grants write it.
    #[must_use]
    pub fn code(self) -> &'static str {
        CLASSES.iter().find(|row| row.0 == self).map_or("", |row| row.1)
    }

    /// All classes.
    pub fn all() -> impl Iterator<Item = Self> {
        CLASSES.iter().map(|row| row.0)
    }
}

/// State of a licence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Licence {
    /// In force, to the last day if it has one.
    Valid {
        /// Last day; `None` does not end.
        until: Option<Date>,
    },
    /// Suspended since that day. Notices are taken all the same.
    Suspended {
        /// First day.
        since: Date,
    },
    /// Ended on that day and not renewed.
    Ended {
        /// Last day.
        on: Date,
    },
}

/// A facility.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facility {
    /// Stable id such as `hotel-007`.
    pub id: String,
    /// Name, with the words that show that it is made up.
    pub name: String,
    /// Class.
    pub class: FacilityClass,
    /// Commune since the merger.
    pub unit: UnitCode,
    /// Beds, rooms' places, seats, or counters.
    pub capacity: u32,
    /// Licence.
    pub licence: Licence,
    /// Five-character code of the health insurer (`44xxx`), for hospitals and stations.
    pub insurance_code: Option<String>,
}

/// All facilities.
pub struct Facilities {
    list: Vec<Facility>,
}

impl Facilities {
    /// None: of a house that has no synthetic facilities.
    #[must_use]
    pub const fn none() -> Self {
        Self { list: Vec::new() }
    }

    /// Makes the facilities from a seed; `today` is the day of the licence states.
    #[must_use]
    pub fn generate(seed: u64, today: Date) -> Self {
        let places = Places::embedded();
        let communes: Vec<&Unit> = places.plan_communes(today.max(MERGER)).collect();
        let reference = today.min(REFERENCE_DAY);
        let mut list = Vec::with_capacity(400);
        for (stream, (class, _, prefix, word, each, least, most)) in (0..).zip(CLASSES) {
            let count = each.unwrap_or(communes.len() as u32);
            for number in 1..=count {
                let mut draw = Draw::new(seed, STREAM + stream * 256, u64::from(number));
                let commune = match each {
                    None => communes.get(number as usize - 1),
                    Some(_) => communes.get(draw.below(communes.len() as u32) as usize),
                };
                let Some(commune) = commune else { continue };
                let place = if each.is_none() { commune.bare_name() } else { "" };
                let space = if place.is_empty() { "" } else { " " };
                list.push(Facility {
                    id: format!("{prefix}-{number:03}"),
                    name: format!("{word} Mẫu {number:02}{space}{place} (dữ liệu giả định)"),
                    class,
                    unit: commune.code,
                    capacity: draw.between(least, most),
                    licence: licence(&mut draw, class, number, reference, today),
                    insurance_code: insurance_code(class, number),
                });
            }
        }
        Self { list }
    }

    /// The facility with that id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Facility> {
        self.list.iter().find(|facility| facility.id == id)
    }

    /// All facilities of a class.
    pub fn of_class(&self, class: FacilityClass) -> impl Iterator<Item = &Facility> {
        self.list.iter().filter(move |facility| facility.class == class)
    }

    /// All facilities, by class and number.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Facility> {
        self.list.iter()
    }

    /// The facility with that code of the health insurer.
    #[must_use]
    pub fn by_insurance_code(&self, code: &str) -> Option<&Facility> {
        self.list.iter().find(|facility| facility.insurance_code.as_deref() == Some(code))
    }
}

fn licence(draw: &mut Draw, class: FacilityClass, number: u32, reference: Date, today: Date) -> Licence {
    let is_public = matches!(
        class,
        FacilityClass::Hospital
            | FacilityClass::CommuneStation
            | FacilityClass::PublicGuestHouse
            | FacilityClass::PolicyBank
    );
    // One of each private class is suspended and one has ended, whatever the seed: scenarios need them.
    match number {
        2 if !is_public => Licence::Suspended { since: reference - Duration::days(i64::from(draw.between(5, 90))) },
        3 if !is_public => Licence::Ended { on: reference - Duration::days(i64::from(draw.between(5, 200))) },
        _ if is_public => Licence::Valid { until: None },
        _ => Licence::Valid { until: Some(today + Duration::days(i64::from(draw.between(30, 1_500)))) },
    }
}

/// Hospitals from 44001, stations from 44101.
pub(crate) fn insurance_code(class: FacilityClass, number: u32) -> Option<String> {
    match class {
        FacilityClass::Hospital => Some(format!("44{number:03}")),
        FacilityClass::CommuneStation => Some(format!("441{number:02}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use time::macros::date;

    use super::{Facilities, FacilityClass, Licence};
    use crate::units::Places;

    #[test]
    fn every_facility_shows_that_it_is_made_up_and_stands_in_a_commune_of_today() {
        let today = date!(2026 - 12 - 01);
        let facilities = Facilities::generate(1, today);
        for facility in facilities.iter() {
            assert!(facility.name.contains("Mẫu") && facility.name.ends_with("(dữ liệu giả định)"));
            assert!(Places::embedded().unit(facility.unit, today).is_some());
            assert!(facility.capacity > 0);
        }
        let ids: BTreeSet<_> = facilities.iter().map(|facility| &facility.id).collect();
        assert_eq!(ids.len(), facilities.iter().len());
    }

    #[test]
    fn each_commune_has_its_station_and_its_bank_and_each_class_its_facilities() {
        let facilities = Facilities::generate(1, date!(2026 - 12 - 01));
        let units: BTreeSet<_> =
            facilities.of_class(FacilityClass::CommuneStation).map(|station| station.unit).collect();
        assert_eq!(units.len(), 41);
        assert_eq!(facilities.of_class(FacilityClass::PolicyBank).count(), 41);
        assert!(facilities.of_class(FacilityClass::Coach).all(|coach| (40..=45).contains(&coach.capacity)));
        assert!(FacilityClass::all().all(|class| facilities.of_class(class).count() >= 3));
        assert_eq!(facilities.get("hotel-002").unwrap().class, FacilityClass::Hotel);
        assert!(facilities.get("hotel-999").is_none());
    }

    #[test]
    fn the_insurers_codes_are_unique_and_of_the_province() {
        let facilities = Facilities::generate(1, date!(2026 - 12 - 01));
        let codes: Vec<_> = facilities.iter().filter_map(|facility| facility.insurance_code.clone()).collect();
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
        assert_eq!(codes.len(), 12 + 41);
        assert!(codes.iter().all(|code| code.len() == 5 && code.starts_with("44")));
        assert_eq!(facilities.by_insurance_code("44101").unwrap().id, "station-001");
    }

    #[test]
    fn a_suspended_and_an_ended_licence_are_there_for_scenarios() {
        let facilities = Facilities::generate(9, date!(2026 - 12 - 01));
        assert!(matches!(facilities.get("hotel-002").unwrap().licence, Licence::Suspended { .. }));
        assert!(matches!(facilities.get("guesthouse-003").unwrap().licence, Licence::Ended { .. }));
        assert!(matches!(facilities.get("hospital-002").unwrap().licence, Licence::Valid { until: None }));
    }

    #[test]
    fn the_same_seed_makes_the_same_facilities() {
        let today = date!(2026 - 12 - 01);
        assert!(Facilities::generate(5, today).iter().eq(Facilities::generate(5, today).iter()));
        assert!(!Facilities::generate(5, today).iter().eq(Facilities::generate(6, today).iter()));
    }
}
