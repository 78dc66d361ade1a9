//! The pages in a real browser: from the board to the proof, in both languages, with scripts and without; and for everybody.
#![forbid(unsafe_code)]

use std::sync::Arc;

use pilothouse_tests::browser::{Browser, Scripts};
use pilothouse_tests::house::House;
use pilothouse_tests::people;
use serde_json::json;

const CHECK_IN: &str = "/v1/pilots/bhyt-checkin/operations/check-in";

/// A house in which one patient was checked in.
async fn house() -> Arc<House> {
    let house = House::shared();
    let number = house.demo("patient_number").to_owned();
    let visit = json!({ "reference": "browser-1", "input": { "patient": number, "visit_kind": "outpatient" } });
    let _answer = house.post("registration-clerk", CHECK_IN, &visit).await.good();
    house
}

/// From the board over the pilot and its invocation to the proof.
async fn walk(lang: &str, scripts: Scripts) {
    let house = house().await;
    let browser = Browser::open(house.address(), scripts).await;
    browser.go(&format!("/?lang={lang}")).await;
    assert_eq!(browser.has("#live button").await, scripts == Scripts::On);
    browser.press(".cards a[href='/pilots/bhyt-checkin']").await;
    browser.is_on("/pilots/bhyt-checkin").await;
    assert!(!browser.has(".invocations").await, "calls are for officers");
    browser.press("#invocations + p a").await;
    browser.enter("#token", house.token("auditor")).await;
    browser.press("main button[type=submit]").await;
    browser.is_on("/pilots/bhyt-checkin").await;
    browser.press(".invocations h3 a").await;
    let calls = browser.text("main > section > .calls").await;
    assert!(browser.path().await.starts_with("/invocations/"));
    assert!(calls.contains("population.") || calls.contains("records."), "{calls}");
    let holds = if lang == "vi" { "Bằng chứng đúng" } else { "The proof holds" };
    assert_eq!(browser.text("#proof-verdict").await, holds);
    assert_eq!(browser.property("html", "lang").await, lang);
    browser.press(".signed-in button").await;
    browser.is_on("/").await;
}

/// A card is scanned at a desk and followed to its proof.
async fn scan(lang: &str, scripts: Scripts) {
    let house = house().await;
    let browser = Browser::open(house.address(), scripts).await;
    browser.go(&format!("/?lang={lang}")).await;
    browser.sign_in(house.token("working-group"), "/try").await;
    browser.press("#person option[value=insured-adult-2]").await;
    browser.press("button[value=simulated]").await;
    browser.find("#reading .steps").await;
    let holds = if lang == "vi" { "Bằng chứng đúng" } else { "The proof holds" };
    assert_eq!(browser.text("#reading #proof-verdict").await, holds);
    browser.go("/try").await;
    browser.enter("#card", "044000000000|broken").await;
    browser.press("button[value=pasted]").await;
    let wrong = browser.text("#reading .error-summary").await;
    assert!(wrong.contains("person-not-taken"), "{wrong}");
    assert_eq!(browser.property("#card", "value").await, "044000000000|broken");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_walks_from_the_board_to_the_proof_in_vietnamese() {
    walk("vi", Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_walks_from_the_board_to_the_proof_in_english_without_scripts() {
    walk("en", Scripts::Off).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_walks_from_the_board_to_the_proof_in_vietnamese_without_scripts_and_in_english_with() {
    walk("vi", Scripts::Off).await;
    walk("en", Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_scanned_and_followed_to_its_proof() {
    scan("vi", Scripts::On).await;
    scan("en", Scripts::Off).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_before_the_camera_is_read_and_sent() {
    let house = house().await;
    let card = people::cast(&people::population(), "insured-adult-2").card;
    let browser = Browser::with_camera(house.address(), &card).await;
    browser.go("/?lang=en").await;
    browser.sign_in(house.token("working-group"), "/try").await;
    browser.press("#camera button").await;
    browser.find("#camera [role=status]:not(:empty)").await;
    assert_eq!(browser.text("#camera [role=status]").await, "A code was read. Press “Send the text”.");
    assert_eq!(browser.property("#card", "value").await, card);
    assert!(browser.has("#camera video[hidden]").await, "the camera stays on");
    browser.press("button[value=pasted]").await;
    browser.find("#reading .steps").await;
    assert_eq!(browser.text("#reading #proof-verdict").await, "The proof holds");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_has_a_serious_barrier_in_either_language() {
    let house = house().await;
    let browser = Browser::open(house.address(), Scripts::On).await;
    for lang in ["vi", "en"] {
        for path in ["/", "/sign-in", "/pilots/bhyt-checkin", "/pilots/nobodys"] {
            browser.go(&format!("{path}?lang={lang}")).await;
            browser.is_accessible().await;
            browser.fits_a_phone().await;
        }
        browser.sign_in(house.token("working-group"), "/").await;
        for path in ["/pilots/lodging-hotels", "/lodging", "/try", "/pilots/bhyt-checkin", "/analysis"] {
            browser.go(path).await;
            browser.is_accessible().await;
            browser.fits_a_phone().await;
        }
        browser.go("/pilots/bhyt-checkin").await;
        browser.press(".invocations h3 a").await;
        browser.find("#proof-verdict").await;
        browser.is_accessible().await;
        browser.fits_a_phone().await;
        browser.go("/try").await;
        browser.press("button[value=simulated]").await;
        browser.find("#reading .steps").await;
        browser.is_accessible().await;
        browser.sign_in(house.token("statistics-officer"), "/analysis").await;
        if browser.has("form[action='/analysis'][method=post]").await {
            browser.press("main button[type=submit]").await;
        }
        browser.find("#answers .chart").await;
        browser.is_accessible().await;
        browser.fits_a_phone().await;
        browser.press(".signed-in button").await;
    }
}
