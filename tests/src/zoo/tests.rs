//! That each specimen is what it claims to be, as far as the static checks can tell; the end-to-end tests run the rest.

use std::collections::BTreeSet;

use pilothouse_registry::{Ceiling, DoorError, Package};

use super::*;

/// What the static checks say: the code of the refusal, or nothing.
fn judged(specimen: &Specimen) -> Result<(), DoorError> {
    let component = specimen.component().unwrap_or_else(|error| panic!("{}: {error}", specimen.name));
    let package = Package::build(&component, &specimen.manifest("zoo"), SCHEMAS, TEXTS)?;
    Package::open_unsigned(package)?.prove(&Ceiling::embedded().unwrap()).verdict()
}

#[test]
fn the_calm_one_passes_the_door() {
    judged(&CALM).unwrap();
}

#[test]
fn the_door_refuses_those_that_it_can_and_each_for_its_own_habit() {
    for specimen in all() {
        let judged = judged(specimen);
        match (specimen.fate, judged) {
            (Fate::Refused(code), Err(error)) => assert_eq!(error.code(), code, "{}: {error}", specimen.name),
            (Fate::Refused(code), Ok(())) => panic!("{} passes, but should be {code}", specimen.name),
            (_, Ok(())) => {}
            (fate, Err(error)) => panic!("{} should come to {fate:?}, but the door says: {error}", specimen.name),
        }
    }
}

#[test]
fn no_refusal_repeats_a_character_that_turns_text_round() {
    for specimen in all() {
        if let Err(error) = judged(specimen) {
            assert!(!error.to_string().contains('\u{202e}'), "{}", specimen.name);
        }
    }
}

#[test]
fn the_name_that_turns_text_round_is_really_in_the_component() {
    let specimen = all().find(|specimen| specimen.name == "zoo-turned-name").unwrap();
    let component = specimen.component().unwrap();
    assert!(component.windows(3).any(|bytes| bytes == "\u{202e}".as_bytes()));
}

#[test]
fn names_are_unique_and_their_list_finds_the_forgotten_and_the_unknown() {
    let names: Vec<&str> = all().map(|specimen| specimen.name).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    assert!(unnamed(&names).is_empty());
    assert_eq!(unnamed(&names[1..]), [names[0]]);
    assert_eq!(unnamed(&[&names[..], &["zoo-unicorn"]].concat()), ["zoo-unicorn?"]);
}
