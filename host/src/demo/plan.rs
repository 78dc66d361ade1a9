//! Who comes when, where, with what; and which errors are made. A pure function of the seed.

use super::crowd::Crowd;

/// Seconds of the simulated day.
pub(super) const DAY: u32 = 86_400;
/// One error of each kind for as many patients, and one more.
const PATIENTS_PER_ERROR: usize = 60;
/// Readings that an offline reader holds back, of each time that it is offline.
const HELD_BACK: usize = 6;
/// Rooms of a hotel that are given out.
const ROOMS: u32 = 40;

/// Patients by the hour: the morning is full.
const HOSPITAL_HOURS: [u32; 24] = [1, 1, 1, 1, 1, 3, 10, 18, 18, 14, 10, 6, 4, 8, 9, 8, 6, 4, 3, 3, 2, 2, 1, 1];
/// Guests by the hour: the afternoon and the evening are full.
const HOTEL_HOURS: [u32; 24] = [2, 1, 1, 0, 0, 1, 1, 2, 3, 4, 5, 6, 8, 10, 14, 14, 12, 12, 12, 11, 10, 9, 6, 3];

/// How many people go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    /// Patients at hospitals; a third as many guests at hotels.
    pub(crate) patients: usize,
}

impl Size {
    pub(super) fn guests(self) -> usize {
        self.patients.div_ceil(3)
    }
}

/// Where something is sent from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Station {
    /// The desk's own software, at a hospital or hotel of the crowd.
    HospitalDesk(usize),
    HotelDesk(usize),
    /// Its reader.
    HospitalReader(usize),
    HotelReader(usize),
    /// A second reader of the first hospital, that is revoked at noon.
    SpareReader,
    /// The working group.
    Officer,
}

/// Whose card or number is at the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Plain(usize),
    Expired(usize),
    Dead(usize),
    /// A number that nobody has.
    Nobody(usize),
    /// A number with its last digit left out.
    Typo(usize),
    /// A card's text that breaks off.
    Cut(usize),
}

/// How a person is named to the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum As {
    Card,
    Number,
}

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    /// A card at a reader.
    Reading(Who),
    /// The same, whose time is ahead of the clock.
    ReadingAhead(Who),
    /// A card at a hotel's reader, sent to the hospitals' pilot.
    ReadingElsewhere(Who),
    /// A patient at a hospital's desk.
    CheckIn(Who, As),
    /// A guest at a hotel's desk.
    Arrive { guest: Who, by: As, room: u32, nights: u32 },
    /// A guest leaves.
    Depart { stay: usize },
    /// The same request again.
    Again { of: usize },
    /// Another request under the same reference.
    Changed { of: usize },
    /// What a reader held back: late, the last one first, the first one twice.
    Backlog { of: Vec<usize> },
    /// The spare reader is revoked.
    Revoke,
}

/// An error that people or devices make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Mistake {
    Typo,
    UnknownPerson,
    CutCard,
    ExpiredCard,
    DeceasedCard,
    SentTwice,
    ReferenceUsedAgain,
    ClockAhead,
    OfflineReader,
    WrongDesk,
    RevokedReader,
}

impl Mistake {
    pub(super) const ALL: [Mistake; 11] = [
        Mistake::Typo,
        Mistake::UnknownPerson,
        Mistake::CutCard,
        Mistake::ExpiredCard,
        Mistake::DeceasedCard,
        Mistake::SentTwice,
        Mistake::ReferenceUsedAgain,
        Mistake::ClockAhead,
        Mistake::OfflineReader,
        Mistake::WrongDesk,
        Mistake::RevokedReader,
    ];

    /// In words, for the summary.
    pub(super) fn en(self) -> &'static str {
        match self {
            Mistake::Typo => "a digit left out",
            Mistake::UnknownPerson => "a number that nobody has",
            Mistake::CutCard => "a card's text that breaks off",
            Mistake::ExpiredCard => "an expired card",
            Mistake::DeceasedCard => "a deceased person's card",
            Mistake::SentTwice => "the same request twice",
            Mistake::ReferenceUsedAgain => "a reference used for something else",
            Mistake::ClockAhead => "a reading from the future",
            Mistake::OfflineReader => "a reader that was offline",
            Mistake::WrongDesk => "a hotel's reader at the hospital's pilot",
            Mistake::RevokedReader => "a revoked reader",
        }
    }
}

/// What the answer must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// One of these decisions, for this reason among others.
    Decided { among: &'static [&'static str], reason: Option<&'static str> },
    /// The answer that this event got, marked as given before.
    AsBefore(usize),
    /// This problem, for a person's sake of this kind.
    Problem { code: &'static str, person: Option<&'static str> },
    /// Each of the events that were held back has its own.
    Each,
    /// Done.
    Done,
}

/// What happens at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    /// Its place in the order of planning; its reference is made of it.
    pub(super) number: usize,
    /// Seconds into the simulated day.
    pub(super) at: u32,
    pub(super) station: Station,
    pub(super) act: Act,
    pub(super) expected: Expected,
    pub(super) mistake: Option<Mistake>,
    /// Kept in the reader's memory until its backlog is sent.
    pub(super) is_held: bool,
}

/// What a hospital answers a living patient.
pub(super) const SEEN: &[&str] = &["admit", "admit-verify-later", "self-pay-advised"];
/// What a hotel is answered for a living guest.
pub(super) const NOTIFIED: &[&str] = &["notified", "queued"];

const fn decided(among: &'static [&'static str]) -> Expected {
    Expected::Decided { among, reason: None }
}

const fn because(among: &'static [&'static str], reason: &'static str) -> Expected {
    Expected::Decided { among, reason: Some(reason) }
}

const fn problem(code: &'static str) -> Expected {
    Expected::Problem { code, person: None }
}

/// Plans a day in the order in which it happens. Empty where the crowd has nobody or nowhere to go.
pub(super) fn plan(seed: u64, crowd: &Crowd, size: Size) -> Vec<Event> {
    if crowd.plain.is_empty() || crowd.hospitals.is_empty() || crowd.hotels.is_empty() {
        return Vec::new();
    }
    let mut plan = Plan { draw: Draw(seed), crowd, events: Vec::new(), next: 0 };
    let patients: Vec<usize> = (0..size.patients).map(|_| plan.patient()).collect();
    for _ in 0..size.guests() {
        plan.guest();
    }
    for _ in 0..=size.patients / PATIENTS_PER_ERROR {
        plan.mistakes(&patients);
    }
    plan.revoked_reader();
    let mut events = plan.events;
    events.sort_by_key(|event| (event.at, event.number));
    events
}

struct Plan<'c> {
    draw: Draw,
    crowd: &'c Crowd,
    events: Vec<Event>,
    /// Whose turn it is: everyone goes out once before anyone goes out twice.
    next: usize,
}

impl Plan<'_> {
    fn add(&mut self, at: u32, station: Station, act: Act, expected: Expected, mistake: Option<Mistake>) -> usize {
        let number = self.events.len();
        let at = at.min(DAY - 1);
        self.events.push(Event { number, at, station, act, expected, mistake, is_held: false });
        number
    }

    fn someone(&mut self) -> Who {
        let who = self.next % self.crowd.plain.len();
        self.next += 1;
        Who::Plain(who)
    }

    fn hour_of(&mut self, hours: &[u32; 24]) -> u32 {
        let mut point = self.draw.below(hours.iter().sum());
        let mut hour = 0;
        for weight in hours {
            if point < *weight {
                break;
            }
            point -= weight;
            hour += 1;
        }
        hour * 3_600 + self.draw.below(3_600)
    }

    fn hospital(&mut self) -> usize {
        self.draw.index(self.crowd.hospitals.len())
    }

    fn hotel(&mut self) -> usize {
        self.draw.index(self.crowd.hotels.len())
    }

    fn patient(&mut self) -> usize {
        let (at, place, who) = (self.hour_of(&HOSPITAL_HOURS), self.hospital(), self.someone());
        let (station, act) = match self.draw.below(10) {
            0..=5 => (Station::HospitalReader(place), Act::Reading(who)),
            6..=8 => (Station::HospitalDesk(place), Act::CheckIn(who, As::Card)),
            _ => (Station::HospitalDesk(place), Act::CheckIn(who, As::Number)),
        };
        self.add(at, station, act, decided(SEEN), None)
    }

    fn guest(&mut self) {
        let (at, place, guest) = (self.hour_of(&HOTEL_HOURS), self.hotel(), self.someone());
        if self.draw.below(10) < 3 {
            self.add(at, Station::HotelReader(place), Act::Reading(guest), decided(NOTIFIED), None);
            return;
        }
        let by = if self.draw.below(4) == 0 { As::Number } else { As::Card };
        let (room, nights) = (101 + self.draw.below(ROOMS), self.draw.below(4));
        let act = Act::Arrive { guest, by, room, nights };
        let stay = self.add(at, Station::HotelDesk(place), act, decided(NOTIFIED), None);
        // Some stay for the day only, or leave early.
        if nights == 0 && at < DAY - 3_600 {
            let left = at + 1_800 + self.draw.below(DAY - 1_800 - at);
            self.add(left, Station::HotelDesk(place), Act::Depart { stay }, decided(&["closed"]), None);
        }
    }

    /// One error of each kind.
    fn mistakes(&mut self, patients: &[usize]) {
        let (hospital, hotel) = (self.hospital(), self.hotel());
        let (desk, reader) = (Station::HospitalDesk(hospital), Station::HospitalReader(hospital));
        let one = |draw: &mut Draw, many: usize| draw.index(many);
        let plain = self.crowd.plain.len();

        let (at, who) = (self.hour_of(&HOSPITAL_HOURS), one(&mut self.draw, plain));
        let malformed = Expected::Problem { code: "person-not-taken", person: Some("person-malformed") };
        self.add(at, desk, Act::CheckIn(Who::Typo(who), As::Number), malformed, Some(Mistake::Typo));

        if !self.crowd.nobodies.is_empty() {
            let (at, who) = (self.hour_of(&HOSPITAL_HOURS), one(&mut self.draw, self.crowd.nobodies.len()));
            let unknown = Expected::Problem { code: "person-not-taken", person: Some("person-unknown") };
            let act = Act::CheckIn(Who::Nobody(who), As::Number);
            self.add(at, desk, act, unknown, Some(Mistake::UnknownPerson));
        }

        let (at, who) = (self.hour_of(&HOSPITAL_HOURS), one(&mut self.draw, plain));
        self.add(at, reader, Act::Reading(Who::Cut(who)), problem("person-not-taken"), Some(Mistake::CutCard));

        if !self.crowd.expired.is_empty() {
            let (at, who) = (self.hour_of(&HOTEL_HOURS), one(&mut self.draw, self.crowd.expired.len()));
            let answer = because(NOTIFIED, "card-not-valid");
            let act = Act::Reading(Who::Expired(who));
            self.add(at, Station::HotelReader(hotel), act, answer, Some(Mistake::ExpiredCard));
        }

        if !self.crowd.dead.is_empty() {
            let (at, who) = (self.hour_of(&HOSPITAL_HOURS), one(&mut self.draw, self.crowd.dead.len()));
            let answer = because(&["self-pay-advised"], "see-police-desk");
            self.add(at, reader, Act::Reading(Who::Dead(who)), answer, Some(Mistake::DeceasedCard));
            let (at, who) = (self.hour_of(&HOTEL_HOURS), one(&mut self.draw, self.crowd.dead.len()));
            let act = Act::Arrive { guest: Who::Dead(who), by: As::Card, room: 101, nights: 1 };
            let answer = because(&["needs"], "see-police-desk");
            self.add(at, Station::HotelDesk(hotel), act, answer, Some(Mistake::DeceasedCard));
        }

        if !patients.is_empty() {
            let of = patients[one(&mut self.draw, patients.len())];
            let (at, station) = (self.later_than(of), self.events[of].station);
            self.add(at, station, Act::Again { of }, Expected::AsBefore(of), Some(Mistake::SentTwice));
        }
        let checked_in = |of: &&usize| matches!(self.events[**of].act, Act::CheckIn(Who::Plain(_), _));
        let at_desks: Vec<usize> = patients.iter().filter(checked_in).copied().collect();
        if !at_desks.is_empty() {
            let of = at_desks[one(&mut self.draw, at_desks.len())];
            let (at, station) = (self.later_than(of), self.events[of].station);
            let mistake = Some(Mistake::ReferenceUsedAgain);
            self.add(at, station, Act::Changed { of }, problem("reference-used"), mistake);
        }

        let (at, who) = (self.hour_of(&HOSPITAL_HOURS), self.someone());
        self.add(at, reader, Act::ReadingAhead(who), problem("captured-in-future"), Some(Mistake::ClockAhead));

        let (at, who) = (self.hour_of(&HOSPITAL_HOURS), self.someone());
        let (station, act) = (Station::HotelReader(hotel), Act::ReadingElsewhere(who));
        self.add(at, station, act, problem("role-not-allowed"), Some(Mistake::WrongDesk));
        self.offline(hospital);
    }

    fn later_than(&mut self, of: usize) -> u32 {
        let at = self.events[of].at;
        at + 1 + self.draw.below(DAY.saturating_sub(at + 1))
    }

    /// A reader has no network for some hours, and sends then.
    fn offline(&mut self, hospital: usize) {
        let reader = Station::HospitalReader(hospital);
        let mut at = self.hour_of(&HOSPITAL_HOURS).min(DAY - 4 * 3_600);
        let mut held = Vec::with_capacity(HELD_BACK);
        for _ in 0..HELD_BACK {
            let who = self.someone();
            at += 60 + self.draw.below(1_500);
            let number = self.add(at, reader, Act::Reading(who), decided(SEEN), None);
            self.events[number].is_held = true;
            held.push(number);
        }
        self.add(at + 1_800, reader, Act::Backlog { of: held }, Expected::Each, Some(Mistake::OfflineReader));
    }

    /// The spare reader reads before noon, is revoked, and reads again.
    fn revoked_reader(&mut self) {
        let (noon, before, after) = (DAY / 2, self.someone(), self.someone());
        self.add(noon - 600, Station::SpareReader, Act::Reading(before), decided(SEEN), None);
        self.add(noon, Station::Officer, Act::Revoke, Expected::Done, None);
        let revoked = problem("device-revoked");
        self.add(noon + 600, Station::SpareReader, Act::Reading(after), revoked, Some(Mistake::RevokedReader));
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same day on every machine. Not for secrets.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in `0..bound`; 0 for a bound of 0.
    fn below(&mut self, bound: u32) -> u32 {
        u32::try_from((u128::from(self.next()) * u128::from(bound)) >> 64).unwrap_or(0)
    }

    fn index(&mut self, many: usize) -> usize {
        self.below(u32::try_from(many).unwrap_or(u32::MAX)) as usize
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::crowd::{Citizen, Spot};
    use super::*;

    fn crowd() -> Crowd {
        let people = |many: usize, from: usize| {
            (from..from + many)
                .map(|n| Citizen { number: format!("044099{:06}", 990_000 + n), card: format!("card {n}") })
                .collect()
        };
        let spots = |word: &str| {
            (1..=3).map(|n| Spot { facility: format!("{word}-{n:03}"), unit: "18880".to_owned() }).collect()
        };
        Crowd {
            plain: people(300, 0),
            expired: people(3, 400),
            dead: people(3, 500),
            nobodies: vec!["044099999999".to_owned()],
            hospitals: spots("hospital"),
            hotels: spots("hotel"),
        }
    }

    const SIZE: Size = Size { patients: 120 };

    #[test]
    fn the_same_seed_plans_the_same_day_and_another_seed_another() {
        let crowd = crowd();
        assert!(plan(7, &crowd, SIZE) == plan(7, &crowd, SIZE));
        assert!(plan(7, &crowd, SIZE) != plan(8, &crowd, SIZE));
    }

    #[test]
    fn every_error_is_planned_and_has_an_answer_that_tells_it_from_a_plain_arrival() {
        let events = plan(7, &crowd(), SIZE);
        for mistake in Mistake::ALL {
            let planned: Vec<&Event> = events.iter().filter(|event| event.mistake == Some(mistake)).collect();
            assert!(!planned.is_empty(), "{}", mistake.en());
            assert!(planned.iter().all(|event| event.expected != decided(SEEN) && event.expected != decided(NOTIFIED)));
        }
    }

    #[test]
    fn what_an_event_speaks_of_happened_before_it() {
        let events = plan(7, &crowd(), SIZE);
        let place = |number: usize| events.iter().position(|event| event.number == number).unwrap();
        for (at, event) in events.iter().enumerate() {
            match &event.act {
                Act::Again { of } | Act::Changed { of } | Act::Depart { stay: of } => assert!(place(*of) < at),
                Act::Backlog { of } => assert!(of.iter().all(|of| place(*of) < at && events[place(*of)].is_held)),
                _ => {}
            }
        }
        let held = events.iter().filter(|event| event.is_held).count();
        assert_eq!(held, (1 + SIZE.patients / PATIENTS_PER_ERROR) * HELD_BACK);
    }

    #[test]
    fn the_day_has_its_shape_and_each_number_is_one_event() {
        let events = plan(7, &crowd(), Size { patients: 1_000 });
        let numbers: BTreeSet<usize> = events.iter().map(|event| event.number).collect();
        assert_eq!(numbers.len(), events.len());
        assert!(events.windows(2).all(|pair| pair[0].at <= pair[1].at) && events.iter().all(|event| event.at < DAY));
        let patients = |hours: std::ops::Range<u32>| {
            let at_a_hospital =
                |event: &&Event| matches!(event.station, Station::HospitalDesk(_) | Station::HospitalReader(_));
            events.iter().filter(at_a_hospital).filter(|event| hours.contains(&(event.at / 3_600))).count()
        };
        assert!(patients(7..9) > 5 * patients(0..4), "the morning is fuller than the night");
    }

    #[test]
    fn a_province_without_people_or_places_has_an_empty_day() {
        let empty = Crowd { plain: Vec::new(), ..crowd() };
        assert!(plan(7, &empty, SIZE).is_empty());
        assert!(plan(7, &Crowd { hotels: Vec::new(), ..crowd() }, SIZE).is_empty());
    }
}
