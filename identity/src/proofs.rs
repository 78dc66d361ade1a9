//! Compile-fail proofs: no identity value can be printed or serialised.
//!
//! Each function below carries four doctests about one type: that it can be named (so that the other three fail for the
//! right reason), and that it is neither `Debug` nor `Display` nor `Serialize`.

macro_rules! proofs {
    ($($name:ident $type:literal)*) => { $(
        #[doc = concat!("`", $type, "` is a public type without `Debug`, `Display` and `Serialize`.")]
        #[doc = ""]
        #[doc = concat!("```\nfn named<T>() {}\nnamed::<pilothouse_identity::", $type, ">();\n```")]
        #[doc = concat!("```compile_fail,E0277\nfn needs<T: std::fmt::Debug>() {}\nneeds::<pilothouse_identity::", $type, ">();\n```")]
        #[doc = concat!("```compile_fail,E0277\nfn needs<T: std::fmt::Display>() {}\nneeds::<pilothouse_identity::", $type, ">();\n```")]
        #[doc = concat!("```compile_fail,E0277\nfn needs<T: serde::Serialize>() {}\nneeds::<pilothouse_identity::", $type, ">();\n```")]
        pub const fn $name() {}
    )* };
}

proofs! {
    personal_number "PersonalNumber"
    old_number "OldNumber"
    full_name "FullName"
    name_key "NameKey"
    birth_date "BirthDate"
    address_text "AddressText"
    card_text "CardText"
    card_reading "CardReading"
    card_facts "CardFacts"
    person_key "PersonKey"
}
