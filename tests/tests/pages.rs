//! Who sees what on the pages: everyone the board, officers and desks what their role may.
#![forbid(unsafe_code)]

use pilothouse_tests::house::House;
use pilothouse_tests::{people, reader as device};
use reqwest::{Client, StatusCode, redirect::Policy};
use serde_json::json;

const CHECK_IN: &str = "/v1/pilots/bhyt-checkin/operations/check-in";

/// A browser without a window: keeps its one cookie itself.
struct Reader<'h> {
    house: &'h House,
    http: Client,
    cookie: String,
}

impl<'h> Reader<'h> {
    fn new(house: &'h House) -> Self {
        let http = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .pool_max_idle_per_host(0)
            .build()
            .expect("an HTTP client");
        Reader { house, http, cookie: String::new() }
    }

    async fn get(&self, path: &str) -> (StatusCode, String) {
        let request = self.http.get(format!("{}{path}", self.house.address())).header("cookie", &self.cookie);
        let response = request.send().await.expect("the host answers");
        (response.status(), response.text().await.expect("a text"))
    }

    async fn post(&self, path: &str, form: &str, site: &str) -> reqwest::Response {
        let request = self.http.post(format!("{}{path}", self.house.address())).header("cookie", &self.cookie);
        let request =
            request.header("sec-fetch-site", site).header("content-type", "application/x-www-form-urlencoded");
        request.body(form.to_owned()).send().await.expect("the host answers")
    }

    async fn sign_in(&mut self, role: &str) {
        let response = self.post("/sign-in", &format!("token={}&next=/", self.house.token(role)), "same-origin").await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        let cookie = response.headers()["set-cookie"].to_str().expect("a cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
        self.cookie = cookie.split(';').next().expect("a value").to_owned();
    }

    /// The token that goes with every form of the session.
    async fn form_token(&self) -> String {
        let (_, page) = self.get("/").await;
        page.split("name=\"form_token\" value=\"")
            .nth(1)
            .expect("a form")
            .split('"')
            .next()
            .expect("a value")
            .to_owned()
    }
}

/// Checks a patient in and answers the invocation's id.
async fn invocation(house: &House, reference: &str) -> String {
    let number = house.demo("patient_number").to_owned();
    let visit = json!({ "reference": reference, "input": { "patient": number, "visit_kind": "outpatient" } });
    let answer = house.post("registration-clerk", CHECK_IN, &visit).await.good();
    answer["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn calls_are_shown_to_officers_and_to_nobody_else() {
    let house = House::shared();
    let id = invocation(&house, "pages-1").await;
    let mut reader = Reader::new(&house);
    let (status, page) = reader.get("/pilots/bhyt-checkin").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("population") && !page.contains(&id) && !page.contains("class=\"invocations\""));
    assert_eq!(reader.get(&format!("/invocations/{id}")).await.0, StatusCode::SEE_OTHER);
    reader.sign_in("department").await;
    let (_, page) = reader.get("/pilots/bhyt-checkin").await;
    assert!(page.contains("class=\"invocations\"") && !page.contains(&id));
    assert_eq!(reader.get(&format!("/invocations/{id}")).await.0, StatusCode::NOT_FOUND);
    reader.sign_in("auditor").await;
    assert!(reader.get("/pilots/bhyt-checkin").await.1.contains(&id));
    let (status, page) = reader.get(&format!("/invocations/{id}?lang=en")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("The proof holds") && !page.contains(house.demo("patient_number")));
    let (status, proof) = reader.get(&format!("/invocations/{id}/proof.txt")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(proof.contains("holds true") && proof.contains("pilothouse/log") && proof.contains(&id));
}

#[tokio::test]
async fn an_invocation_tells_when_its_event_happened_and_how_the_clock_of_its_device_was_off() {
    let house = House::shared();
    let mut own = device::Reader::enrolled(&house, house.demo("hospital"), "registration-clerk").await;
    own.ahead = -240;
    let card = people::cast(&people::population(), "insured-adult").card;
    let body = device::reading("pages-3", &card, &device::seconds_ago(600));
    let answer = own.send(&house, "/v1/pilots/bhyt-checkin/readings", &body).await.good();
    let id = answer["id"].as_str().expect("an id");
    let mut reader = Reader::new(&house);
    reader.sign_in("auditor").await;
    let (_, page) = reader.get(&format!("/invocations/{id}?lang=en")).await;
    assert!(page.contains("When it happened") && page.contains(&own.id()), "{page}");
    assert!(page.contains("seconds that its clock was slow; the time was put right: 24"), "{page}");
    let without = invocation(&house, "pages-4").await;
    let (_, page) = reader.get(&format!("/invocations/{without}?lang=en")).await;
    assert!(!page.contains("When it happened") && !page.contains("its clock was"), "{page}");
}

#[tokio::test]
async fn a_desk_sees_its_own_invocations_and_those_of_no_other_desk() {
    let house = House::shared();
    let id = invocation(&house, "pages-2").await;
    let mut reader = Reader::new(&house);
    reader.sign_in("registration-clerk").await;
    assert_eq!(reader.get(&format!("/invocations/{id}")).await.0, StatusCode::OK);
    reader.sign_in("receptionist").await;
    assert_eq!(reader.get(&format!("/invocations/{id}")).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_form_of_another_site_or_of_no_session_does_nothing() {
    let house = House::shared();
    let mut reader = Reader::new(&house);
    let token = format!("token={}", house.token("auditor"));
    let response = reader.post("/sign-in", &token, "cross-site").await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(!response.headers().contains_key("set-cookie"));
    assert_eq!(reader.post("/sign-in", "token=ph_nobody_00", "same-origin").await.status(), StatusCode::UNAUTHORIZED);
    reader.sign_in("working-group").await;
    let form =
        format!("form_token={}&reference=t&desk=0&person=insured-adult&how=simulated", reader.form_token().await);
    assert_eq!(reader.post("/try", &form, "cross-site").await.status(), StatusCode::FORBIDDEN);
    let other = "form_token=0000&reference=t&desk=0&person=insured-adult&how=simulated";
    assert_eq!(reader.post("/try", other, "same-origin").await.status(), StatusCode::FORBIDDEN);
    assert_eq!(reader.post("/try", &form, "same-origin").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_a_revoked_credential_ends_it_too() {
    let house = House::shared();
    let mut reader = Reader::new(&house);
    reader.sign_in("working-group").await;
    let form = format!("form_token={}", reader.form_token().await);
    assert_eq!(reader.post("/sign-out", &form, "same-origin").await.status(), StatusCode::SEE_OTHER);
    assert_eq!(reader.get("/try").await.0, StatusCode::SEE_OTHER);
    let new = json!({ "role": "auditor", "unit": "18880" });
    let given = house.post("working-group", "/v1/credentials", &new).await.good();
    let entered = format!("token={}", given["token"].as_str().unwrap());
    let response = reader.post("/sign-in", &entered, "same-origin").await;
    reader.cookie = response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(reader.get("/lodging").await.0, StatusCode::FORBIDDEN);
    let path = format!("/v1/credentials/{}", given["id"].as_str().unwrap());
    let _revoked = house.send(reqwest::Method::DELETE, "working-group", &path, None).await.good();
    assert_eq!(reader.get("/lodging").await.0, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_police_see_the_notices_of_their_commune_and_the_statistics_officer_the_figures() {
    let house = House::shared();
    let mut reader = Reader::new(&house);
    reader.sign_in("police-officer").await;
    let (status, page) = reader.get("/lodging?unit=18880").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains(house.demo("hotel")));
    assert_eq!(reader.get("/analysis").await.0, StatusCode::FORBIDDEN);
    reader.sign_in("statistics-officer").await;
    let form = format!("form_token={}", reader.form_token().await);
    assert_eq!(reader.post("/analysis", &form, "same-origin").await.status(), StatusCode::SEE_OTHER);
    let (status, page) = reader.get("/analysis?residence=actual").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(page.matches("<svg").count(), 3);
    let (status, csv) = reader.get("/analysis.csv?table=ages&residence=actual").await;
    assert_eq!(status, StatusCode::OK);
    assert!(csv.starts_with("\u{feff}\"Tuổi\",\"Nam\",\"Nữ\"\r\n") && csv.lines().count() > 15);
}

#[tokio::test]
async fn the_menu_offers_what_its_reader_may_open_and_nothing_else() {
    let house = House::shared();
    let pages = ["/analysis", "/lodging", "/try"];
    for (role, offered) in [
        ("working-group", &["/lodging", "/try"][..]),
        ("auditor", &[]),
        ("department", &[]),
        ("police-officer", &["/lodging"]),
        ("leader", &["/analysis"]),
        ("statistics-officer", &["/analysis"]),
        ("receptionist", &["/try"]),
    ] {
        let mut reader = Reader::new(&house);
        reader.sign_in(role).await;
        let (_, board) = reader.get("/").await;
        for page in pages {
            let link = format!("<li><a href=\"{page}\">");
            assert_eq!(board.contains(&link), offered.contains(&page), "{page} for {role}");
            if offered.contains(&page) {
                assert_eq!(reader.get(page).await.0, StatusCode::OK, "{page} for {role}");
            }
        }
    }
    let (_, board) = Reader::new(&house).get("/").await;
    assert!(pages.iter().all(|page| !board.contains(&format!("<li><a href=\"{page}\">"))));
}

#[tokio::test]
async fn what_was_used_is_told_by_the_name_that_was_asked_for() {
    let house = House::shared();
    let _admitted = invocation(&house, "used-1").await;
    let person = people::cast(&people::population(), "insured-adult-2");
    let reading = json!({ "reference": "used-2", "text": person.card });
    let _read = house.post("registration-clerk", "/v1/pilots/bhyt-checkin/readings", &reading).await.good();
    let pilot = house.get("auditor", "/v1/pilots/bhyt-checkin").await.good();
    let fields = pilot["fields"].as_array().expect("a list");
    let used = |key: &str, name: &str| {
        let line = fields.iter().find(|line| line["key"] == key && line["name"] == name);
        line.unwrap_or_else(|| panic!("no line for {name}"))["used"].as_u64().expect("a number")
    };
    // Handed to the pilot as the call itself, and asked for by it.
    assert!(used("methods", "qr-card") >= 1);
    assert!(used("fields", "health-insurance.valid-until") >= 1);
    assert!(used("claims", "alive") >= 1);
    assert!(used("tables", "visits") >= 1);
    for key_of_a_scope in ["fields", "agrees", "mode", "rows"] {
        assert!(fields.iter().all(|line| line["name"] != key_of_a_scope), "{key_of_a_scope} is no name");
    }
    for line in fields {
        assert!(line["imported"] == true || line["used"] == 0, "{line}");
    }
}

#[tokio::test]
async fn what_is_refused_before_it_is_a_call_is_counted_on_the_board() {
    let house = House::start();
    let refused = || async { house.get("auditor", "/v1/pilots/bhyt-checkin").await.good()["refused_today"].clone() };
    assert_eq!(refused().await, 0);
    let visit = json!({ "reference": "refused-1", "input": { "patient": "044089990000", "visit_kind": "none-such" } });
    house.post("registration-clerk", CHECK_IN, &visit).await.is_problem(422, "invalid-input");
    house.post("receptionist", CHECK_IN, &visit).await.is_problem(403, "role-not-allowed");
    assert_eq!(refused().await, 2);
    // A record takes them along, and loses none.
    let _admitted = invocation(&house, "refused-2").await;
    assert_eq!(refused().await, 2);
}
