//! What a reading costs: the text of a card, and passive authentication of a chip, with and without a remembered signer.
//!
//! `cargo bench -p pilothouse-documents --bench readings`. Prints a table and fails where a goal is missed.

#![expect(clippy::print_stdout, reason = "the table is what a bench is for")]

mod genuine;

use std::hint::black_box;
use std::time::{Duration, Instant};

use pilothouse_documents::synthetic::CardFactory;
use pilothouse_documents::{Anchors, Times};
use pilothouse_identity::CardText;
use time::macros::{date, datetime};

/// Longest that one may take.
const QR_GOAL: Duration = Duration::from_micros(5);
const CHIP_GOAL: Duration = Duration::from_millis(2);
/// Rounds of each measurement. The median is shown beside the fastest, which alone is held to the goal: what else a busy
/// machine does makes a round slower and never faster.
const ROUNDS: usize = 41;

fn main() {
    let today = date!(2026 - 12 - 01);
    let at = datetime!(2026-12-01 08:00 +7);
    let times = Times { captured_at: at, now: at };
    let factory = CardFactory::new(&[7; 32]).expect("a factory");
    let issuers = factory.issuer_pem();
    let anchors = Anchors::read(issuers.as_bytes()).expect("the list");
    let chip = factory.card(&genuine::holder());
    let qr = rounds(1_000, || drop(black_box(CardText::parse(black_box(genuine::TEXT), today))));
    let warm = rounds(20, || assert!(chip.sent(|files| anchors.authenticate(black_box(files), times)).is_ok()));
    let fresh: Vec<Anchors> = (0..=ROUNDS * 20).map(|_| Anchors::read(issuers.as_bytes()).expect("the list")).collect();
    let mut next = fresh.iter();
    let cold = rounds(20, || {
        let anchors = next.next().unwrap_or(&anchors);
        assert!(chip.sent(|files| anchors.authenticate(black_box(files), times)).is_ok());
    });
    println!("{:<44} {:>12} {:>12} {:>12}", "one", "fastest", "median", "goal");
    let rows = [
        ("text of a card", qr, QR_GOAL),
        ("passive authentication, signer remembered", warm, CHIP_GOAL),
        ("passive authentication, signer new", cold, CHIP_GOAL),
    ];
    for (what, (fastest, median), goal) in rows {
        println!(
            "{what:<44} {:>12} {:>12} {:>12}",
            format!("{fastest:.2?}"),
            format!("{median:.2?}"),
            format!("{goal:.0?}")
        );
    }
    for (what, (fastest, _), goal) in rows {
        assert!(fastest < goal, "{what} is over its goal");
    }
}

/// The fastest and the median round, for one.
fn rounds(times: u32, mut what: impl FnMut()) -> (Duration, Duration) {
    let mut rounds: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            (0..times).for_each(|_| what());
            begun.elapsed() / times
        })
        .collect();
    rounds.sort_unstable();
    (rounds[0], rounds[ROUNDS / 2])
}
