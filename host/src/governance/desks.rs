//! What the desks on duty, people's inbox and the carrier of messages got, and what is done there: alerts are taken up, people answer.

use std::path::Path;

use pilothouse_registry::PilotId;
use pilothouse_runtime::capabilities::messaging::MessageRow;
use pilothouse_runtime::kept::{Event, HostTable};
use pilothouse_store::{CommitError, Expected, RowWrite};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::outbox::{ROW_TRIES, kept_row};
use super::receivers::{DeskMode, Mailbox, Received};
use super::records::Change;
use super::{Caller, House, HouseError, now};

/// Which desk is on duty for a kind of alert; a default of ours, for the departments to confirm. Every other kind goes to [`OTHER_DESK`].
const DESKS: &[(&str, &str)] = &[
    ("wrong-person", "social-insurance"),
    ("claims-anomaly", "social-insurance"),
    ("trip-incident", "transport-duty"),
    ("security-incident", "security-operations"),
];
/// The police of the commune where it happened.
const OTHER_DESK: &str = "commune-police";
/// Of ten synthetic people, the one who says no and the one who does not answer.
const SAYS_NO: u64 = 9;
const SAYS_NOTHING: u64 = 8;

/// The embedded receivers beside the police desk.
pub(crate) struct Receivers {
    duty: Mailbox<DutyAlert>,
    inbox: Mailbox<ConsentRequest>,
    carrier: Mailbox<Carried>,
}

/// An alert, or more about one, as its desk has it. Who is meant stays between host and desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DutyAlert {
    /// Key of the effect: the desk has each once.
    #[serde(default)]
    pub key: String,
    /// Key of the alert's row, the same for all that is about one alert.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    row: String,
    /// The pilot that raised it.
    pub pilot: String,
    /// `raised` or `update`.
    pub alert: String,
    /// By which the desk was found.
    pub kind: String,
    /// 1 to 4.
    pub severity: u8,
    /// Where it happened.
    pub unit: String,
    /// What it is about.
    pub subject: String,
    /// For the officer on duty.
    pub facts: Vec<(String, String)>,
    /// When it was raised.
    pub raised: i64,
    /// By when somebody should have looked at it.
    pub respond_by: Option<i64>,
    /// Whether the desk was told of a person.
    #[serde(default)]
    pub about_a_person: bool,
    /// When the desk got it.
    #[serde(default)]
    pub received_at: i64,
}

/// A request for consent as the person's inbox has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentRequest {
    /// Key of the effect.
    #[serde(default)]
    pub key: String,
    #[serde(skip_serializing_if = "String::is_empty", default)]
    row: String,
    /// The pilot that asks.
    pub pilot: String,
    /// What for.
    pub purpose: String,
    /// About which kind of data.
    pub data: String,
    /// Until which day.
    pub until: String,
    /// Key of the pilot's text that the person reads.
    pub text: String,
    /// When it was asked.
    pub asked: i64,
    /// When the inbox got it.
    #[serde(default)]
    pub received_at: i64,
}

/// A message as its carrier has it, without the address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// Key of the effect.
    #[serde(default)]
    pub key: String,
    #[serde(skip_serializing_if = "String::is_empty", default)]
    row: String,
    /// The pilot that sends it.
    pub pilot: String,
    /// In which text.
    pub template: String,
    /// Its arguments.
    pub args: Vec<(String, String)>,
    /// By which channel.
    pub channel: String,
    /// To whom: `citizen`, `foreigner`, `staff`.
    pub audience: String,
    /// Whose staff, where it is for staff.
    pub facility: Option<String>,
    /// When it was given.
    pub given: i64,
    /// When the carrier got it.
    #[serde(default)]
    pub received_at: i64,
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InBoth {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

/// An alert as an operator sees it.
#[derive(Debug, Clone, Serialize)]
pub struct DutyView {
    /// As the desk has it.
    #[serde(flatten)]
    pub alert: DutyAlert,
    /// Which desk is on duty for it.
    pub desk: &'static str,
    /// How far it is.
    pub state: String,
    /// In the pilot's words.
    pub words: InBoth,
}

/// A request for consent as an operator sees it.
#[derive(Debug, Clone, Serialize)]
pub struct ConsentView {
    /// As the inbox has it.
    #[serde(flatten)]
    pub request: ConsentRequest,
    /// `asked`, `granted`, `refused`, `withdrawn`.
    pub state: String,
    /// In the pilot's words.
    pub words: InBoth,
}

/// A message as an operator sees it.
#[derive(Debug, Clone, Serialize)]
pub struct CarriedView {
    /// As the carrier has it.
    #[serde(flatten)]
    pub message: Carried,
    /// In the pilot's words.
    pub words: InBoth,
}

impl Receivers {
    /// Those of a data folder.
    pub(super) fn open(dir: &Path) -> Result<Receivers, HouseError> {
        Ok(Receivers {
            duty: Mailbox::open(dir.join("duty-desk"))?,
            inbox: Mailbox::open(dir.join("consent-inbox"))?,
            carrier: Mailbox::open(dir.join("message-carrier"))?,
        })
    }

    /// Makes all of them take what comes, fall silent or reject.
    pub(super) fn set_all(&self, mode: DeskMode) {
        self.duty.set_mode(mode);
        self.inbox.set_mode(mode);
        self.carrier.set_mode(mode);
    }

    /// Gives an effect to its receiver: what it said, and what happened to the host's row by that. None: it cannot be read.
    pub(super) fn receive(
        &self,
        table: HostTable,
        key: &str,
        payload: &Value,
        at: i64,
    ) -> Option<(Received, Option<Event>)> {
        match table {
            HostTable::Stays => None,
            HostTable::Alerts => {
                let alert: DutyAlert = read(payload)?;
                let about_a_person = payload.get("person").is_some_and(|person| !person.is_null());
                let alert = DutyAlert { key: key.to_owned(), about_a_person, received_at: at, ..alert };
                Some((self.duty.receive(key, &alert), Some(Event::Accepted)))
            }
            HostTable::Consents => {
                let request: ConsentRequest = read(payload)?;
                let request = ConsentRequest { key: key.to_owned(), received_at: at, ..request };
                Some((self.inbox.receive(key, &request), answer_of(payload)))
            }
            HostTable::Messages => {
                let message: Carried = read(payload)?;
                let message = Carried { key: key.to_owned(), received_at: at, ..message };
                Some((self.carrier.receive(key, &message), Some(Event::Accepted)))
            }
        }
    }
}

fn read<T: DeserializeOwned>(payload: &Value) -> Option<T> {
    serde_json::from_value(payload.clone()).ok()
}

/// What the synthetic person answers: the same at every start; none: nothing yet.
fn answer_of(payload: &Value) -> Option<Event> {
    match payload.get("key").and_then(Value::as_u64).map(|key| key % 10) {
        None | Some(SAYS_NOTHING) => None,
        Some(SAYS_NO) => Some(Event::Refused),
        Some(_) => Some(Event::Granted),
    }
}

impl House {
    /// How the embedded receiver of a capability's effects behaves.
    pub fn receiver_mode(&self, table: HostTable) -> DeskMode {
        let Receivers { duty, inbox, carrier } = &self.0.receivers;
        match table {
            HostTable::Stays => self.desk_mode(),
            HostTable::Alerts => duty.mode(),
            HostTable::Consents => inbox.mode(),
            HostTable::Messages => carrier.mode(),
        }
    }

    /// Makes the embedded receiver of a capability's effects take what comes, fall silent or reject.
    pub fn set_receiver_mode(&self, table: HostTable, mode: DeskMode) {
        let Receivers { duty, inbox, carrier } = &self.0.receivers;
        match table {
            HostTable::Stays => self.set_desk(mode),
            HostTable::Alerts => duty.set_mode(mode),
            HostTable::Consents => inbox.set_mode(mode),
            HostTable::Messages => carrier.set_mode(mode),
        }
    }

    /// What the desks on duty have, the newest last.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn duty_alerts(&self) -> Result<Vec<DutyView>, HouseError> {
        let mut alerts = self.0.receivers.duty.all();
        alerts.sort_by(|a, b| (a.received_at, &a.key).cmp(&(b.received_at, &b.key)));
        let mut views = Vec::with_capacity(alerts.len());
        for mut alert in alerts {
            let state = self.state_of(HostTable::Alerts, &alert.row).await?;
            let desk = DESKS.iter().find(|(kind, _)| *kind == alert.kind).map_or(OTHER_DESK, |(_, desk)| desk);
            let words = self.in_pilots_words(&alert.pilot, &format!("alert-{}", alert.kind), &alert.facts);
            alert.row.clear();
            views.push(DutyView { desk, state, words, alert });
        }
        Ok(views)
    }

    /// What people's inbox has, the newest last.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn consent_requests(&self) -> Result<Vec<ConsentView>, HouseError> {
        let mut requests = self.0.receivers.inbox.all();
        requests.sort_by(|a, b| (a.received_at, &a.key).cmp(&(b.received_at, &b.key)));
        let mut views = Vec::with_capacity(requests.len());
        for mut request in requests {
            let state = self.state_of(HostTable::Consents, &request.row).await?;
            let words = self.in_pilots_words(&request.pilot, &request.text, &[]);
            request.row.clear();
            views.push(ConsentView { state, words, request });
        }
        Ok(views)
    }

    /// What the carrier of messages has, the newest last.
    pub fn carried_messages(&self) -> Vec<CarriedView> {
        let mut messages = self.0.receivers.carrier.all();
        messages.sort_by(|a, b| (a.received_at, &a.key).cmp(&(b.received_at, &b.key)));
        let views = messages.into_iter().map(|mut message| {
            let words = self.in_pilots_words(&message.pilot, &format!("message-{}", message.template), &message.args);
            message.row.clear();
            CarriedView { words, message }
        });
        views.collect()
    }

    /// An officer takes an alert up, or closes it.
    ///
    /// # Errors
    /// No such alert; it is not in a state in which this can be done; the store.
    pub async fn alert_happens(&self, by: &Caller, key: &str, event: Event) -> Result<(), HouseError> {
        let alert = self.0.receivers.duty.find(key).ok_or_else(|| unknown("alert", key))?;
        self.happens(by, HostTable::Alerts, ("alert", key), &alert.row, event).await
    }

    /// A synthetic person answers, or takes a consent back; whoever demonstrates speaks for them.
    ///
    /// # Errors
    /// As [`House::alert_happens`].
    pub async fn person_answers(&self, by: &Caller, key: &str, event: Event) -> Result<(), HouseError> {
        let request = self.0.receivers.inbox.find(key).ok_or_else(|| unknown("request for consent", key))?;
        self.happens(by, HostTable::Consents, ("consent", key), &request.row, event).await
    }

    /// The recipient of a message wants no more messages of its pilot's.
    ///
    /// # Errors
    /// As [`House::alert_happens`].
    pub async fn recipient_opts_out(&self, by: &Caller, key: &str) -> Result<(), HouseError> {
        let message = self.0.receivers.carrier.find(key).ok_or_else(|| unknown("message", key))?;
        let table = HostTable::Messages;
        let row = self.kept(table, &message.row).await?.map(|(_, row)| row);
        let sent = row.and_then(|row| serde_json::from_slice::<MessageRow>(&row.value).ok());
        let sent = sent.ok_or_else(|| unknown("message", key))?;
        let (row, opt_out) = MessageRow::opt_out(&sent.pilot, &sent.recipient, now());
        let write = kept_row(table, row.as_str(), opt_out.change(0), Expected::Any);
        self.keep_row(by, ("message", key), "opted-out", write).await
    }

    async fn happens(
        &self,
        by: &Caller,
        table: HostTable,
        of: (&'static str, &str),
        row: &str,
        event: Event,
    ) -> Result<(), HouseError> {
        let action = match event {
            Event::Accepted => "accepted",
            Event::Rejected => "rejected",
            Event::Acknowledged => "acknowledged",
            Event::Closed => "closed",
            Event::Granted => "granted",
            Event::Refused => "refused",
            Event::Withdrawn => "withdrawn",
        };
        // The sender of effects may write what the receiver said at the same moment; then the row is read again.
        for _ in 0..ROW_TRIES {
            let write = self.row_after(table, row, event).await?.ok_or(HouseError::Stale(of.0))?;
            match self.keep_row(by, of, action, Some(write)).await {
                Err(HouseError::Commit(CommitError::Conflict { .. })) => {}
                other => return other,
            }
        }
        Err(HouseError::Stale(of.0))
    }

    async fn keep_row(
        &self,
        by: &Caller,
        (subject, key): (&'static str, &str),
        action: &'static str,
        write: Option<RowWrite>,
    ) -> Result<(), HouseError> {
        let change = Change { by, subject, of: key.to_owned(), action, detail: Vec::new() };
        self.keep_change_with(change, Vec::new(), write.into_iter().collect()).await?;
        Ok(())
    }

    async fn state_of(&self, table: HostTable, row: &str) -> Result<String, HouseError> {
        #[derive(Deserialize)]
        struct State {
            state: String,
        }
        let row = self.kept(table, row).await?.map(|(_, row)| row);
        let state = row.and_then(|row| serde_json::from_slice::<State>(&row.value).ok());
        // Retention took it away: the receiver remembers longer than the host.
        Ok(state.map_or_else(|| "forgotten".to_owned(), |row| row.state))
    }

    /// In the words of the pilot's version in service; the key itself where it has none.
    fn in_pilots_words(&self, pilot: &str, key: &str, args: &[(String, String)]) -> InBoth {
        let running = pilot.parse::<PilotId>().ok().and_then(|id| self.0.running.load().get(&id).cloned());
        let (vi, en) = running.map_or_else(|| (key.to_owned(), key.to_owned()), |found| found.words.say(key, args));
        InBoth { vi, en }
    }
}

fn unknown(what: &'static str, key: &str) -> HouseError {
    HouseError::Unknown { what, id: pilothouse_registry::escape_name(key) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_synthetic_person_answers_the_same_at_every_start() {
        let answer = |key: u32| answer_of(&json!({ "key": key }));
        assert_eq!(answer(990_001), Some(Event::Granted));
        assert_eq!(answer(990_009), Some(Event::Refused));
        assert_eq!(answer(990_008), None);
        assert_eq!(answer_of(&json!({})), None);
    }
}
