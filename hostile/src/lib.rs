//! Every parser that meets bytes from outside, and what must hold of its answer, whatever the bytes are.
//!
//! One function a parser, used twice: the fuzz targets (folder `fuzz`) look for bytes that break it, and this crate's test
//! replays the bytes that were worth keeping. Each function panics where something does not hold, and only there.
#![forbid(unsafe_code)]

mod evidence;
mod genuine;
mod packages;
mod readings;
mod requests;
mod typed;

/// A parser, by the name of its fuzz target and of its folder in the corpus.
#[derive(Debug, Clone, Copy)]
pub struct Parser {
    /// Its name.
    pub name: &'static str,
    /// Gives it the bytes, and looks at the answer.
    pub meet: fn(&[u8]),
    /// Genuine inputs, from which a search begins.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const PARSERS: [Parser; 12] = [
    Parser { name: "card_text", meet: readings::card_text, seeds: readings::card_texts },
    Parser { name: "chip", meet: readings::chip, seeds: readings::chips },
    Parser { name: "machine_zone", meet: readings::machine_zone, seeds: readings::machine_zones },
    Parser { name: "vneid_code", meet: readings::code, seeds: readings::codes },
    Parser { name: "kiosk_result", meet: readings::kiosk, seeds: readings::kiosks },
    Parser { name: "signed_request", meet: requests::signed, seeds: requests::genuine },
    Parser { name: "manifest", meet: packages::manifest, seeds: packages::manifests },
    Parser { name: "package", meet: packages::package, seeds: packages::packages },
    Parser { name: "schemas", meet: packages::schemas, seeds: packages::descriptions },
    Parser { name: "issuers", meet: readings::issuers, seeds: readings::issuer_lists },
    Parser { name: "evidence", meet: evidence::file, seeds: evidence::files },
    Parser { name: "typed_values", meet: typed::values, seeds: typed::genuine },
];

/// Gives bytes to the parser of that name.
///
/// # Panics
/// Where something does not hold, or there is no such parser.
pub fn meet(name: &str, bytes: &[u8]) {
    let parser = PARSERS.iter().find(|parser| parser.name == name).expect("a parser of that name");
    (parser.meet)(bytes);
}
