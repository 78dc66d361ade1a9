//! The plan's promises.

use std::collections::BTreeSet;

use super::super::crowd::{Citizen, Spot};
use super::*;

fn crowd() -> Crowd {
    let people = |many: usize, from: usize| {
        (from..from + many)
            .map(|n| Citizen {
                number: format!("044099{:06}", 990_000 + n),
                card: format!("card {n}"),
                commune: Some("18880".to_owned()),
            })
            .collect()
    };
    let spots = |trade: Trade| {
        let spot = |n: usize| Spot {
            facility: format!("{}-{n:03}", trade.pilot()),
            unit: "18880".to_owned(),
            capacity: 40,
            operator: (trade == Trade::Coach).then(|| "coach-operator-001".to_owned()),
        };
        (trade, (1..=3).map(spot).collect())
    };
    Crowd {
        plain: people(300, 0),
        expired: people(3, 400),
        dead: people(3, 500),
        nobodies: vec!["044099999999".to_owned()],
        places: Trade::ALL.into_iter().map(spots).collect(),
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
        assert!(event.act.speaks_of(event.number).into_iter().all(|of| place(of) < at));
        if let Act::Backlog { of } = &event.act {
            assert!(of.iter().all(|of| events[place(*of)].is_held));
        }
    }
    let held = events.iter().filter(|event| event.is_held).count();
    let sent_late = |event: &Event| if let Act::Backlog { of } = &event.act { of.len() } else { 0 };
    assert!(held > 0 && held == events.iter().map(sent_late).sum::<usize>());
}

#[test]
fn every_trade_has_visitors_at_each_kind_of_station() {
    let events = plan(7, &crowd(), SIZE);
    for trade in Trade::ALL {
        let at = |of: fn(Trade, usize) -> Station| {
            events.iter().any(|event| (0..3).any(|place| event.station == of(trade, place)))
        };
        assert!(at(Station::Desk) && at(Station::Reader), "{}", trade.pilot());
    }
}

#[test]
fn the_day_has_its_shape_and_each_number_is_one_event() {
    let events = plan(7, &crowd(), Size { patients: 1_000 });
    let numbers: BTreeSet<usize> = events.iter().map(|event| event.number).collect();
    assert_eq!(numbers.len(), events.len());
    assert!(events.windows(2).all(|pair| pair[0].at <= pair[1].at) && events.iter().all(|event| event.at < DAY));
    let patients = |hours: std::ops::Range<u32>| {
        let at_a_hospital = |event: &&Event| {
            matches!(event.station, Station::Desk(Trade::Hospital, _) | Station::Reader(Trade::Hospital, _))
        };
        events.iter().filter(at_a_hospital).filter(|event| hours.contains(&(event.at / 3_600))).count()
    };
    assert!(patients(7..9) > 5 * patients(0..4), "the morning is fuller than the night");
}

#[test]
fn without_people_the_day_is_empty_and_a_trade_without_places_has_no_part() {
    let empty = Crowd { plain: Vec::new(), ..crowd() };
    assert!(plan(7, &empty, SIZE).is_empty());
    let mut crowd = crowd();
    crowd.places.remove(&Trade::Coach);
    let events = plan(7, &crowd, SIZE);
    assert!(!events.is_empty());
    assert!(
        events
            .iter()
            .all(|event| !matches!(event.station, Station::Desk(Trade::Coach, _) | Station::Reader(Trade::Coach, _)))
    );
}
