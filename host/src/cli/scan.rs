//! `pilot scan`: what one card text is, or why it is none; and to the host as a facility's reading.

use std::io::Read as _;

use anyhow::Context;
use clap::Args;
use pilothouse_identity::{AddressText, CardReading, CardText, FullName, MAX_CARD_BYTES, OldNumber, PersonalNumber};
use serde_json::{Value, json};
use time::{Date, OffsetDateTime, UtcOffset};

use super::CliError;
use super::client::Connection;
use super::out::Out;

/// Say what a card's QR text is, as JSON, or why it is none
#[derive(Debug, Args)]
#[command(
    after_help = "Exit code 1 where the text is no card's. With --at, the token of the facility's desk is read from PILOT_TOKEN.\n\nExamples:\n  pilot scan '044099990017||Nguyễn Văn Thử|14021999|Nam|Bắc Lý|25042021'\n  zbarcam --raw -1 | pilot scan\n  PILOT_TOKEN=ph_… pilot scan --at FACILITY --pilot bhyt-checkin --reference V-1 < card.txt"
)]
pub(super) struct Scan {
    /// The text as the reader sent it; standard input when left out
    text: Option<String>,
    /// Send it to the host as a reading of this facility
    #[arg(long, value_name = "FACILITY", requires = "pilot", requires = "reference")]
    at: Option<String>,
    /// To which pilot
    #[arg(long, value_name = "ID", requires = "at")]
    pilot: Option<String>,
    /// Your own number of the case: the same one never does a thing twice
    #[arg(long, requires = "at")]
    reference: Option<String>,
}

impl Scan {
    pub(super) async fn run(self, connection: &Connection, out: &mut Out) -> Result<(), CliError> {
        let sent = match self.text {
            Some(text) => text.into_bytes(),
            None => {
                let mut bytes = Vec::new();
                // One byte more than a card has, so that too long a text is told from one that fits.
                let limit = u64::try_from(MAX_CARD_BYTES).unwrap_or(u64::MAX).saturating_add(1);
                let read = std::io::stdin().lock().take(limit).read_to_end(&mut bytes);
                read.context("standard input cannot be read")?;
                bytes
            }
        };
        let read = CardText::parse(&sent, today());
        let Some(facility) = self.at else {
            return match read {
                Ok(card) => {
                    out.document(&described(&card));
                    Ok(())
                }
                Err(error) => {
                    out.document(&json!({ "is": "no-card", "code": error.code(), "why": error.to_string() }));
                    Err(CliError::Local(anyhow::Error::new(error)))
                }
            };
        };
        let text = String::from_utf8(sent).context("the reader did not send UTF-8: set it to UTF-8 output")?;
        let path = format!("/v1/pilots/{}/readings", self.pilot.unwrap_or_default());
        let body = json!({ "reference": self.reference, "facility": facility, "text": text });
        out.document(&connection.client()?.post(&path, &body).await?);
        Ok(())
    }
}

/// The card's fields. Printed because whoever holds the card asks for them; nothing of it is kept.
fn described(card: &CardReading) -> Value {
    json!({
        "is": "card",
        "fields": card.layout.fields(),
        "document": card.kind_guess().code(),
        "number": card.number.reveal(),
        "old_number": card.old_number.as_ref().map(OldNumber::reveal),
        "cancelled_number": card.cancelled.as_ref().map(PersonalNumber::reveal),
        "name": card.name.as_ref().map(FullName::reveal),
        "born": card.born.reveal().to_string(),
        "sex": card.sex.code(),
        "address": card.address.as_ref().map(AddressText::reveal),
        "issued": card.issued.to_string(),
        "assurance": "copied",
        "warnings": card.warnings.iter().map(|warning| warning.code()).collect::<Vec<_>>(),
    })
}

/// Today in the province.
fn today() -> Date {
    OffsetDateTime::now_utc().to_offset(UtcOffset::from_hms(7, 0, 0).unwrap_or(UtcOffset::UTC)).date()
}
