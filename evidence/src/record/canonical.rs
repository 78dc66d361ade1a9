//! A record's one sequence of bytes: written with RFC 8785, read back strictly, and held to what may stand in a log
//! that nobody can erase.

use super::writer;
use super::{
    CallRecord, ChangeRecord, EffectRecord, InvocationRecord, LookRecord, PartRecord, RECORD_VERSION, Record,
    ResultRecord, Verdict,
};

/// Longest canonical record, in bytes. An entry bundle of C2SP tlog-tiles gives an entry's length in sixteen bits.
pub const MAX_RECORD_BYTES: usize = u16::MAX as usize;

/// Longest code, id or name in a record, in bytes. Ours are a few dozen; a digest in hex is 64.
const MAX_TEXT: usize = 160;

/// Most entries of any list or map of a record but its calls and effects, which are split into parts instead.
const MAX_LIST: usize = 64;

/// Largest number that every JSON reader keeps exactly (RFC 8785, section 3.2.2.3, with IEEE 754 doubles). As
/// microseconds it is the year 2255.
const MAX_EXACT: i64 = (1 << 53) - 1;

/// Why bytes are not a record, or a record cannot stand in the log.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Not JSON of a record's shape. The parser's own words are not kept: they may quote what stands there.
    #[error("not a record from byte {column} on: if it was read from a copy of the log, fetch that entry again")]
    Shape {
        /// Where it stopped being one; a canonical record is one line.
        column: usize,
    },
    /// The same content has other bytes: spaces, order, a double key, a `null`.
    #[error("a record, but not in its canonical form (RFC 8785): whoever wrote it must not be trusted as the log")]
    NotCanonical,
    /// Too long for an entry.
    #[error("the record has {0} bytes, an entry holds {MAX_RECORD_BYTES}: append an invocation by `into_records`")]
    TooLong(usize),
    /// A form that this version does not know.
    #[error("the record has version {0}: verify with the release that wrote it, or a newer one")]
    Version(u32),
    /// A number that not every reader keeps exactly.
    #[error("the record's time is out of range: give microseconds since 1970, UTC")]
    Time,
    /// A text that is no code, id or digest. Which text is not said here: it may be a person's.
    #[error(
        "`{0}` must be a code, an id or a digest in printable ASCII, with no run of 9 or 12 digits for a code: keep \
         wording and values in the store, and put their digest or commitment here"
    )]
    NotACode(&'static str),
    /// A list longer than any honest record has.
    #[error("`{0}` has more than {MAX_LIST} entries: name the group instead of its members")]
    TooMany(&'static str),
}

impl Record {
    /// Its canonical bytes: what the log keeps and hashes.
    ///
    /// # Errors
    /// [`RecordError`] where it may not stand in the log: too long, or with a text that is no code.
    pub fn to_canonical(&self) -> Result<Vec<u8>, RecordError> {
        self.check()?;
        let mut bytes = Vec::with_capacity(2048);
        writer::write(&mut bytes, self);
        if bytes.len() > MAX_RECORD_BYTES {
            return Err(RecordError::TooLong(bytes.len()));
        }
        Ok(bytes)
    }

    /// Reads canonical bytes, and only those: what it returns has these very bytes as its canonical form.
    ///
    /// # Errors
    /// [`RecordError`], also for well-formed JSON in any other form.
    pub fn from_canonical(bytes: &[u8]) -> Result<Record, RecordError> {
        if bytes.len() > MAX_RECORD_BYTES {
            return Err(RecordError::TooLong(bytes.len()));
        }
        let record: Record =
            serde_json::from_slice(bytes).map_err(|error| RecordError::Shape { column: error.column() })?;
        if record.to_canonical()? != bytes {
            return Err(RecordError::NotCanonical);
        }
        Ok(record)
    }

    fn check(&self) -> Result<(), RecordError> {
        if self.version() != RECORD_VERSION {
            return Err(RecordError::Version(self.version()));
        }
        if !(0..=MAX_EXACT).contains(&self.at()) {
            return Err(RecordError::Time);
        }
        id("id", self.id())?;
        match self {
            Record::Invocation(record) => invocation(record),
            Record::Part(record) => part(record),
            Record::Change(record) => change(record),
            Record::Look(record) => look(record),
        }
    }
}

fn invocation(record: &InvocationRecord) -> Result<(), RecordError> {
    code("pilot", &record.pilot)?;
    code("version", &record.version)?;
    code("entry", &record.entry)?;
    id("caller.credential", &record.caller.credential)?;
    code("caller.role", &record.caller.role)?;
    id("caller.unit", &record.caller.unit)?;
    optional_id("caller.facility", &record.caller.facility)?;
    optional_id("caller.device", &record.caller.device)?;
    match &record.result {
        ResultRecord::Decided { decision, reasons, outcome: _ } => {
            code("result.decision", decision)?;
            codes("result.reasons", reasons)?;
        }
        ResultRecord::Refused { code: why, field } => {
            code("result.code", why)?;
            if let Some(field) = field {
                code("result.field", field)?;
            }
        }
        ResultRecord::Fault { code: why } => code("result.code", why)?,
    }
    calls(&record.calls)?;
    effects(&record.effects)
}

fn part(record: &PartRecord) -> Result<(), RecordError> {
    id("invocation", &record.invocation)?;
    calls(&record.calls)?;
    effects(&record.effects)
}

fn calls(calls: &[CallRecord]) -> Result<(), RecordError> {
    for call in calls {
        code("calls.function", &call.function)?;
        optional_id("calls.person", &call.person)?;
        codes("calls.asked", &call.asked)?;
        if let Verdict::Denied { code: why } = &call.verdict {
            code("calls.verdict.code", why)?;
        }
        if let Some(line) = &call.line {
            code("calls.line", line)?;
        }
    }
    Ok(())
}

fn effects(effects: &[EffectRecord]) -> Result<(), RecordError> {
    effects.iter().try_for_each(|effect| code("effects.capability", &effect.capability))
}

fn change(record: &ChangeRecord) -> Result<(), RecordError> {
    id("by", &record.by)?;
    code("subject", &record.subject)?;
    id("of", &record.of)?;
    code("action", &record.action)?;
    short("detail", record.detail.len())?;
    for (key, value) in &record.detail {
        code("detail", key)?;
        printable("detail", value)?;
    }
    Ok(())
}

fn look(record: &LookRecord) -> Result<(), RecordError> {
    id("by", &record.by)?;
    code("what", &record.what)?;
    id("of", &record.of)
}

/// Printable ASCII of bounded length: Vietnamese names and wording have no way in.
fn printable(field: &'static str, text: &str) -> Result<(), RecordError> {
    let fits = text.len() <= MAX_TEXT && text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if fits { Ok(()) } else { Err(RecordError::NotACode(field)) }
}

/// A code in the contract's or the manifest's words. Old and new personal numbers have 9 and 12 digits (Law
/// 26/2023/QH15, Art. 12), so a code never has that many in a row.
fn code(field: &'static str, text: &str) -> Result<(), RecordError> {
    printable(field, text)?;
    let like_a_number = |run: &[u8]| run.len() == 9 || run.len() == 12;
    if text.is_empty() || text.as_bytes().split(|byte| !byte.is_ascii_digit()).any(like_a_number) {
        return Err(RecordError::NotACode(field));
    }
    Ok(())
}

/// An id: one word, which may happen to have any number of digits in a row (one UUID in some hundreds does).
fn id(field: &'static str, text: &str) -> Result<(), RecordError> {
    printable(field, text)?;
    let only_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if text.contains(' ') || (only_digits && matches!(text.len(), 0 | 9 | 12)) {
        return Err(RecordError::NotACode(field));
    }
    Ok(())
}

fn optional_id(field: &'static str, text: &Option<String>) -> Result<(), RecordError> {
    text.as_deref().map_or(Ok(()), |text| id(field, text))
}

fn codes(field: &'static str, texts: &[String]) -> Result<(), RecordError> {
    short(field, texts.len())?;
    texts.iter().try_for_each(|text| code(field, text))
}

fn short(field: &'static str, len: usize) -> Result<(), RecordError> {
    if len > MAX_LIST { Err(RecordError::TooMany(field)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::Glance;
    use crate::testing::{change_record, invocation_record, look_record};

    #[test]
    fn every_kind_reads_back_from_its_own_bytes() {
        for record in [
            Record::Invocation(Box::new(invocation_record(1))),
            Record::Change(change_record(2)),
            Record::Look(look_record(3)),
        ] {
            let bytes = record.to_canonical().unwrap();
            assert_eq!(Record::from_canonical(&bytes).unwrap(), record);
        }
    }

    #[test]
    fn a_glance_sees_the_calls_that_the_whole_record_has() {
        let invocation = invocation_record(1);
        assert!(!invocation.calls.is_empty());
        let bytes = Record::Invocation(Box::new(invocation.clone())).to_canonical().unwrap();
        let seen = Glance::of(&bytes).unwrap();
        assert_eq!(seen.read.as_deref(), invocation.read.as_deref());
        let whole = invocation.calls.iter().map(|call| (call.function.as_str(), call.asked.clone(), &call.verdict));
        let glanced = seen.calls.iter().map(|call| {
            let asked = call.asked.iter().map(ToString::to_string).collect();
            (call.function.as_ref(), asked, &call.verdict)
        });
        assert!(whole.eq(glanced));
        assert!(Glance::of(&Record::Change(change_record(2)).to_canonical().unwrap()).unwrap().calls.is_empty());
        assert!(matches!(Glance::of(b"{"), Err(RecordError::Shape { .. })));
    }

    #[test]
    fn the_bytes_are_those_of_rfc_8785() {
        let text = String::from_utf8(Record::Look(look_record(7)).to_canonical().unwrap()).unwrap();
        assert_eq!(
            text,
            "{\"at\":1772467200000007,\"by\":\"auditor-1\",\"id\":\"019cb000-0000-7000-8000-000000000007\",\
             \"kind\":\"look\",\"of\":\"019cb000-0000-7000-8000-000000000001\",\"v\":1,\"what\":\"invocation\"}"
        );
    }

    #[test]
    fn another_form_of_the_same_record_is_refused() {
        let bytes = Record::Look(look_record(7)).to_canonical().unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let spaced = text.replacen(':', ": ", 1);
        assert!(matches!(Record::from_canonical(spaced.as_bytes()), Err(RecordError::NotCanonical)));
        let reordered = text.replace("\"kind\":\"look\",", "").replacen('{', "{\"kind\":\"look\",", 1);
        assert!(matches!(Record::from_canonical(reordered.as_bytes()), Err(RecordError::NotCanonical)));
        let unknown = text.replacen('{', "{\"also\":1,", 1);
        assert!(matches!(Record::from_canonical(unknown.as_bytes()), Err(RecordError::Shape { .. })));
        let twice = text.replacen('{', "{\"at\":1772467200000007,", 1);
        assert!(Record::from_canonical(twice.as_bytes()).is_err());
        let trailing = format!("{text} ");
        assert!(matches!(Record::from_canonical(trailing.as_bytes()), Err(RecordError::NotCanonical)));
        let fraction = text.replace("1772467200000007", "1772467200000007.0");
        assert!(Record::from_canonical(fraction.as_bytes()).is_err());
    }

    #[test]
    fn a_field_beside_a_unit_verdict_is_refused() {
        let text =
            String::from_utf8(Record::Invocation(Box::new(invocation_record(1))).to_canonical().unwrap()).unwrap();
        assert!(text.contains("{\"is\":\"allowed\"}"));
        let smuggled = text.replace("{\"is\":\"allowed\"}", "{\"is\":\"allowed\",\"name\":\"x\"}");
        assert!(Record::from_canonical(smuggled.as_bytes()).is_err());
    }

    #[test]
    fn wording_and_numbers_of_people_have_no_way_in() {
        let refused = |change: &dyn Fn(&mut InvocationRecord)| {
            let mut record = invocation_record(1);
            change(&mut record);
            match Record::Invocation(Box::new(record)).to_canonical() {
                Err(RecordError::NotACode(field)) => field,
                other => panic!("not refused: {other:?}"),
            }
        };
        assert_eq!(refused(&|record| record.calls[0].asked[0] = "Nguyễn Thị Mẫu".into()), "calls.asked");
        assert_eq!(refused(&|record| record.calls[0].asked[0] = "name=044990990001".into()), "calls.asked");
        assert_eq!(refused(&|record| record.calls[0].person = Some("044990990001".into())), "calls.person");
        assert_eq!(refused(&|record| record.caller.credential = "lan mau".into()), "caller.credential");
        assert_eq!(refused(&|record| record.pilot = String::new()), "pilot");
        assert_eq!(refused(&|record| record.entry = "a\nb".into()), "entry");
    }

    #[test]
    fn an_error_never_repeats_the_text_that_it_refuses() {
        let mut record = change_record(1);
        record.detail.insert("reason".into(), "Giả Định".into());
        let error = Record::Change(record).to_canonical().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("Giả"));
    }

    #[test]
    fn other_versions_and_times_out_of_range_are_refused() {
        assert!(matches!(
            Record::Look(crate::LookRecord { v: 2, ..look_record(1) }).to_canonical(),
            Err(RecordError::Version(2))
        ));
        for at in [-1, MAX_EXACT + 1, i64::MAX] {
            let record = Record::Look(crate::LookRecord { at, ..look_record(1) });
            assert!(matches!(record.to_canonical(), Err(RecordError::Time)));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic_or_read_another_form(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(record) = Record::from_canonical(&bytes) {
                prop_assert_eq!(record.to_canonical().unwrap(), bytes);
            }
        }

        #[test]
        fn a_flipped_byte_is_another_record_or_none(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let record = Record::Invocation(Box::new(invocation_record(1)));
            let mut bytes = record.to_canonical().unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            if let Ok(other) = Record::from_canonical(&bytes) {
                prop_assert_ne!(other, record);
            }
        }
    }
}
