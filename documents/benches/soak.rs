//! Hostile input for as long as one likes: genuine readings, damaged at random, into each parser. Nothing may panic, and
//! nothing damaged may name another person than the genuine one.
//!
//! `cargo bench -p pilothouse-documents --bench soak -- [SECONDS for each parser] [SEED]`. It knows nothing of coverage, as
//! a fuzzer would; it runs on the stable compiler, and what it finds becomes a test.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

mod genuine;

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use pilothouse_documents::code::{AccountLevel, IdentityProvider};
use pilothouse_documents::kiosk::{Body, KioskResult, Match, sign_result};
use pilothouse_documents::synthetic::{CardFactory, Chip};
use pilothouse_documents::{Anchors, Checks, Reading, Sent, Times};
use pilothouse_identity::{CardText, PersonalNumber};
use time::macros::{date, datetime};

/// What parsers of these forms stumble over.
const PIECES: [&[u8]; 14] = [
    b"|",
    b"||||",
    b"\x80",
    b"\x82\xff\xff",
    b"\x83\xff\xff\xff",
    b"\x30\x00",
    b"\x31",
    b"\xa0",
    b"<<<<",
    b"\r\n",
    b"\0",
    "\u{feff}".as_bytes(),
    "Nữ".as_bytes(),
    b"999999999999",
];

/// Xorshift64*: the same seed damages alike.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        usize::try_from(high).unwrap_or(0) % bound.max(1)
    }

    /// One to eight wounds.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(8) {
            let at = self.below(bytes.len() + 1);
            match self.below(6) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                1 if at < bytes.len() => bytes[at] = u8::try_from(self.below(256)).unwrap_or(0),
                2 => bytes.truncate(at),
                3 => bytes.splice(at..at, PIECES[self.below(PIECES.len())].iter().copied()).for_each(drop),
                4 => {
                    let end = (at + self.below(16)).min(bytes.len());
                    bytes.drain(at..end).for_each(drop);
                }
                _ => {
                    let end = (at + self.below(64)).min(bytes.len());
                    let part = bytes[at..end].to_vec();
                    bytes.splice(at..at, part).for_each(drop);
                }
            }
        }
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with('-'));
    let mut number = |default: u64| arguments.next().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (span, seed) = (Duration::from_secs(number(1)), number(1));
    let at = datetime!(2026-12-01 08:00 +7);
    let times = Times { captured_at: at, now: at };
    let person = PersonalNumber::parse(genuine::NUMBER).expect("a number");
    let factory = CardFactory::new(&[7; 32]).expect("a factory");
    let anchors = Anchors::read(factory.issuer_pem().as_bytes()).expect("the list");
    let provider = IdentityProvider::new("soak", &[3; 32]);
    let codes = provider.verifier();
    let checks = Checks { anchors: &anchors, codes: &codes };
    let chip = factory.card(&genuine::holder());
    let code = provider.code(&person, AccountLevel::Two, "here", &[1; 16], at);
    let key = SigningKey::from_bytes(&[5; 32]);
    let (result, signature) = sign_result(&key, "kiosk", &person, (Body::Face, Match::High), at, &[2; 16]);
    let (result, signature) = (STANDARD.decode(result).expect("base64"), STANDARD.decode(signature).expect("base64"));
    let text = genuine::TEXT;

    println!("{:<28} {:>12} {:>12}", "parser", "tried", "taken");
    soak("text of a card", span, seed, |chance| {
        let mut bytes = text.as_bytes().to_vec();
        chance.damage(&mut bytes);
        CardText::parse(&bytes, date!(2026 - 12 - 01)).is_ok()
    });
    soak("EF.SOD", span, seed, |chance| {
        let mut damaged = chip.clone();
        chance.damage(&mut damaged.sod);
        is_the_person(&damaged, checks, times)
    });
    soak("data groups, signed anew", span, seed, |chance| {
        let mut groups = chip.groups.clone();
        let which = chance.below(groups.len());
        chance.damage(&mut groups[which].1);
        factory.chip_of(groups).sent(|files| Reading::check(&Sent::Chip(*files), checks, times).is_ok())
    });
    soak("code of VNeID", span, seed, |chance| damaged_code(chance, &code, checks, times));
    soak("kiosk result", span, seed, |chance| {
        let mut bytes = result.clone();
        chance.damage(&mut bytes);
        let key = key.verifying_key();
        let sent = KioskResult { result: &bytes, signature: &signature };
        let taken = Reading::check(&Sent::Kiosk { device: "kiosk", key: &key, result: sent }, checks, times).is_ok();
        assert!(!taken || bytes == result, "a damaged result was taken");
        taken
    });
}

/// A damaged chip may be taken where nobody signs what was damaged; whose it is stays.
fn is_the_person(chip: &Chip, checks: Checks<'_>, times: Times) -> bool {
    let read = chip.sent(|files| Reading::check(&Sent::Chip(*files), checks, times));
    let Ok(reading) = read else { return false };
    assert!(reading.number.reveal() == genuine::NUMBER, "a damaged chip named somebody else");
    true
}

fn damaged_code(chance: &mut Chance, code: &str, checks: Checks<'_>, times: Times) -> bool {
    let mut bytes = code.as_bytes().to_vec();
    chance.damage(&mut bytes);
    let Ok(damaged) = String::from_utf8(bytes) else { return false };
    let taken = Reading::check(&Sent::Code { code: &damaged, audience: "here" }, checks, times).is_ok();
    assert!(!taken || damaged.trim() == code, "a damaged code was taken");
    taken
}

fn soak(what: &str, span: Duration, seed: u64, mut once: impl FnMut(&mut Chance) -> bool) {
    let mut chance = Chance(seed.max(1));
    let (mut tried, mut taken) = (0_u64, 0_u64);
    let begun = Instant::now();
    while begun.elapsed() < span {
        for _ in 0..64 {
            tried += 1;
            taken += u64::from(once(&mut chance));
        }
    }
    println!("{what:<28} {tried:>12} {taken:>12}");
}
