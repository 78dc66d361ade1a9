//! The laws that every scope obeys, tested with scopes made of a few names each so that they overlap often.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::str::FromStr;

use proptest::collection::{btree_map, btree_set};
use proptest::prelude::*;
use proptest::sample::select;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;
use crate::ids::*;

fn names<T: FromStr<Err: Debug>>(texts: &[&str]) -> Vec<T> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn some_of<T: Ord + Clone + Debug + 'static>(all: Vec<T>) -> impl Strategy<Value = BTreeSet<T>> {
    let most = all.len();
    btree_set(select(all), 0..=most)
}

fn rows() -> impl Strategy<Value = RowFilter> {
    (any::<Option<u8>>(), any::<Option<u8>>(), any::<bool>()).prop_map(|(age_from, age_to, residents_only)| RowFilter {
        age_from,
        age_to,
        residents_only,
    })
}

fn person() -> impl Strategy<Value = PersonScope> {
    (some_of(PersonKind::ALL.to_vec()), any::<bool>()).prop_map(|(kinds, persist)| PersonScope { kinds, persist })
}

fn population() -> impl Strategy<Value = PopulationScope> {
    let few = || prop::option::of(0u32..20);
    (
        some_of(Claim::ALL.to_vec()),
        some_of(Field::ALL.to_vec()),
        any::<bool>(),
        some_of(Measure::ALL.to_vec()),
        some_of(Dimension::ALL.to_vec()),
        few(),
        few(),
        rows(),
    )
        .prop_map(|(claims, fields, household, measures, dims, min_cell, sensitive_min_cell, row_filter)| {
            PopulationScope { claims, fields, household, measures, dims, min_cell, sensitive_min_cell, row_filter }
        })
}

fn registers() -> impl Strategy<Value = RegistersScope> {
    let one = (
        some_of(names(&["valid-from", "valid-until"])),
        some_of(Fact::ALL.to_vec()),
        select(RegisterMode::ALL),
        rows(),
    )
        .prop_map(|(fields, agrees, mode, rows)| RegisterScope { fields, agrees, mode, rows });
    btree_map(select(names::<RegisterName>(&["health-insurance", "policy-beneficiaries"])), one, 0..=2)
        .prop_map(|registers| RegistersScope { registers })
}

fn readers() -> impl Strategy<Value = ReadersScope> {
    (some_of(ReadingMethod::ALL.to_vec()), any::<bool>()).prop_map(|(methods, show)| ReadersScope { methods, show })
}

fn classes() -> impl Strategy<Value = BTreeSet<FacilityClass>> {
    some_of(names(&["hotel", "guesthouse", "hospital"]))
}

fn places() -> impl Strategy<Value = PlacesScope> {
    classes().prop_map(|classes| PlacesScope { classes })
}

fn lodging() -> impl Strategy<Value = LodgingScope> {
    (classes(), any::<bool>(), 0u32..4).prop_map(|(facility_classes, foreign_guests, day_window)| LodgingScope {
        facility_classes,
        foreign_guests,
        day_window,
    })
}

fn records() -> impl Strategy<Value = RecordsScope> {
    let one = (some_of(names(&["by-day", "by-unit"])), any::<u32>())
        .prop_map(|(indexes, retention_days)| TableScope { indexes, retention_days });
    let tables: BoxedStrategy<BTreeMap<TableName, TableScope>> =
        btree_map(select(names::<TableName>(&["visits", "stays"])), one, 0..=2).boxed();
    (any::<u32>(), any::<u32>(), tables).prop_map(|(max_rows, max_bytes, tables)| RecordsScope {
        max_rows,
        max_bytes,
        tables,
    })
}

fn reporting() -> impl Strategy<Value = ReportingScope> {
    (some_of(names(&["on-time", "late"])), some_of(names(&["ioc", "dept"])), any::<bool>())
        .prop_map(|(indicators, series, obstacles)| ReportingScope { indicators, series, obstacles })
}

fn alerts() -> impl Strategy<Value = AlertsScope> {
    (some_of(names(&["wrong-person", "trip-incident"])), 0u8..6)
        .prop_map(|(kinds, max_severity)| AlertsScope { kinds, max_severity })
}

fn consent() -> impl Strategy<Value = ConsentScope> {
    (some_of(names(&["loan", "study"])), some_of(names(&["income", "school"])), 0u32..4, 0u32..3).prop_map(
        |(purposes, data, longest_days, requests_per_month)| ConsentScope {
            purposes,
            data,
            longest_days,
            requests_per_month,
        },
    )
}

fn messaging() -> impl Strategy<Value = MessagingScope> {
    (
        some_of(Audience::ALL.to_vec()),
        some_of(Channel::ALL.to_vec()),
        some_of(names(&["result", "reminder"])),
        0u8..12,
        9u8..25,
        0u32..3,
    )
        .prop_map(|(audiences, channels, templates, send_from, send_until, per_person_month)| MessagingScope {
            audiences,
            channels,
            templates,
            send_from,
            send_until,
            per_person_month,
        })
}

/// Calls `see` with every ask that can be made with the names above.
fn each_ask(see: &mut dyn FnMut(AnyAsk<'_>)) {
    for kind in PersonKind::ALL {
        see(AnyAsk::Person(PersonAsk::Kind(*kind)));
        see(AnyAsk::Person(PersonAsk::Persist(*kind)));
    }
    for claim in Claim::ALL {
        see(AnyAsk::Population(PopulationAsk::Claims(&[*claim])));
        see(AnyAsk::Population(PopulationAsk::Claims(&[Claim::Alive, *claim])));
    }
    for field in Field::ALL {
        see(AnyAsk::Population(PopulationAsk::Field(*field)));
    }
    see(AnyAsk::Population(PopulationAsk::Household));
    for dimension in Dimension::ALL {
        let dimensions = [Dimension::Commune, *dimension];
        see(AnyAsk::Population(PopulationAsk::Aggregate { measure: Measure::Count, dimensions: &dimensions }));
    }
    for register in &names::<RegisterName>(&["health-insurance", "policy-beneficiaries", "other"]) {
        see(AnyAsk::Registers(RegistersAsk::Find { register }));
        for field in &names::<FieldName>(&["valid-from", "valid-until", "other"]) {
            see(AnyAsk::Registers(RegistersAsk::Get { register, field }));
            see(AnyAsk::Registers(RegistersAsk::Propose { register, fields: std::slice::from_ref(field) }));
        }
        for fact in Fact::ALL {
            see(AnyAsk::Registers(RegistersAsk::Agrees { register, facts: &[*fact] }));
        }
    }
    for method in ReadingMethod::ALL {
        see(AnyAsk::Readers(ReadersAsk::Method(*method)));
    }
    see(AnyAsk::Readers(ReadersAsk::Show));
    for class in &names::<FacilityClass>(&["hotel", "guesthouse", "hospital", "other"]) {
        see(AnyAsk::Places(PlacesAsk::Class(class)));
        see(AnyAsk::Lodging(LodgingAsk::Stay { class }));
        for (foreign, days_back) in [(false, 0), (true, 2), (false, 3), (true, 4)] {
            see(AnyAsk::Lodging(LodgingAsk::Notice { class, foreign, days_back }));
        }
    }
    for table in &names::<TableName>(&["visits", "stays", "other"]) {
        see(AnyAsk::Records(RecordsAsk::Table(table)));
        for index in &names::<IndexName>(&["by-day", "by-unit", "other"]) {
            see(AnyAsk::Records(RecordsAsk::Index { table, index }));
        }
    }
    for name in &names::<IndicatorName>(&["on-time", "late", "other"]) {
        see(AnyAsk::Reporting(ReportingAsk::Indicator(name)));
    }
    for board in &names::<BoardName>(&["ioc", "dept", "other"]) {
        see(AnyAsk::Reporting(ReportingAsk::Series(board)));
    }
    see(AnyAsk::Reporting(ReportingAsk::Obstacle));
    for kind in &names::<AlertKind>(&["wrong-person", "trip-incident", "other"]) {
        see(AnyAsk::Alerts(AlertsAsk::Raised { kind }));
        for severity in 1..=4 {
            see(AnyAsk::Alerts(AlertsAsk::Raise { kind, severity }));
        }
    }
    for purpose in &names::<ConsentPurpose>(&["loan", "study", "other"]) {
        for data in &names::<DataKind>(&["income", "school", "other"]) {
            see(AnyAsk::Consent(ConsentAsk::State { purpose, data }));
            for days in 0..4 {
                see(AnyAsk::Consent(ConsentAsk::Request { purpose, data, days }));
            }
        }
    }
    for template in &names::<TemplateName>(&["result", "reminder", "other"]) {
        for audience in Audience::ALL {
            for channel in Channel::ALL {
                let channels = [Channel::StaffApp, *channel];
                for channels in [&channels[..], &channels[1..]] {
                    see(AnyAsk::Messaging(MessagingAsk::Message { audience: *audience, template, channels }));
                }
            }
        }
    }
}

fn obeys_the_laws<S>(a: &S, b: &S, c: &S) -> Result<(), TestCaseError>
where
    S: Scope + Clone + PartialEq + Debug + Into<AnyScope> + Serialize + DeserializeOwned + Default,
{
    prop_assert_eq!(a.narrow(b), b.narrow(a), "commutative");
    prop_assert_eq!(a.narrow(b).narrow(c), a.narrow(&b.narrow(c)), "associative");
    prop_assert_eq!(&a.narrow(a), a, "idempotent");
    prop_assert_eq!(a.is_within(b), &a.narrow(b) == a, "within exactly when narrowing changes nothing");
    prop_assert!(a.narrow(b).is_within(a) && a.narrow(b).is_within(b));
    prop_assert!(S::default().narrow(a).is_within(&S::default()), "nothing stays nothing");

    let (any_a, any_b, any_both): (AnyScope, AnyScope, AnyScope) =
        (a.clone().into(), b.clone().into(), a.narrow(b).into());
    prop_assert_eq!(any_a.narrow(&any_b), Some(any_both.clone()));
    let mut broken = None;
    each_ask(&mut |ask| {
        let allowed = |scope: &AnyScope| scope.permits(&ask).is_ok();
        if allowed(&any_both) != (allowed(&any_a) && allowed(&any_b)) {
            broken = Some(format!("{ask:?}"));
        }
        if AnyScope::none(any_a.capability()).permits(&ask).is_ok() {
            broken = Some(format!("nothing permits {ask:?}"));
        }
    });
    prop_assert_eq!(broken, None, "what the narrowed scope permits, both permit, and the other way round");

    let written = toml::to_string(a).unwrap();
    let read: S = toml::from_str(&written).unwrap();
    prop_assert_eq!(&read, a, "survives TOML");
    prop_assert_eq!(toml::to_string(&read).unwrap(), written);
    let json = serde_json::to_string(&any_a).unwrap();
    prop_assert_eq!(serde_json::from_str::<AnyScope>(&json).unwrap(), any_a);
    Ok(())
}

macro_rules! laws {
    ($($test:ident: $scope:ident;)+) => {
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(128))]
            $(#[test]
            fn $test(a in $scope(), b in $scope(), c in $scope()) {
                obeys_the_laws(&a, &b, &c)?;
            })+
        }
    };
}

laws! {
    a_scope_of_person_obeys_the_laws: person;
    a_scope_of_population_obeys_the_laws: population;
    a_scope_of_registers_obeys_the_laws: registers;
    a_scope_of_readers_obeys_the_laws: readers;
    a_scope_of_places_obeys_the_laws: places;
    a_scope_of_lodging_obeys_the_laws: lodging;
    a_scope_of_records_obeys_the_laws: records;
    a_scope_of_reporting_obeys_the_laws: reporting;
    a_scope_of_alerts_obeys_the_laws: alerts;
    a_scope_of_consent_obeys_the_laws: consent;
    a_scope_of_messaging_obeys_the_laws: messaging;
}

proptest! {
    #[test]
    fn a_row_filter_narrows_to_the_people_inside_both(a in rows(), b in rows(), age: u8, resident: bool) {
        prop_assert_eq!(a.narrow(&b).holds(age, resident), a.holds(age, resident) && b.holds(age, resident));
    }
}

#[test]
fn an_unknown_key_is_refused() {
    assert!(toml::from_str::<PopulationScope>("claim = [\"alive\"]").is_err());
    assert!(toml::from_str::<LodgingScope>("facility-classes = [\"hotel\"]\nevery-unit = true").is_err());
    assert!(toml::from_str::<RegistersScope>("[health-insurance]\nfields = []").is_err(), "a register without mode");
}

#[test]
fn scopes_of_different_capabilities_have_nothing_in_common() {
    let (one, two) = (AnyScope::none(Capability::Places), AnyScope::none(Capability::Lodging));
    assert_eq!(one.narrow(&two), None);
    assert!(!one.is_within(&two));
}
