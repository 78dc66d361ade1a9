//! The canonical bytes, written straight: keys in RFC 8785's order, no space, two characters escaped.
//!
//! A general canonicaliser buffers and sorts every object, and took 20 µs for a record of three calls: more than the
//! sandbox itself takes for one. Records hold checked printable ASCII and whole numbers only, so what is left of the
//! RFC is the order of keys, which stands here. The tests hold every kind of record against such a canonicaliser.

use super::{
    CallRecord, Caller, ChangeRecord, EffectRecord, InvocationRecord, LookRecord, PartRecord, Record, ResultRecord,
    Verdict,
};
use crate::digest::hex_digits;

/// Appends the record's canonical form. Its texts have been checked to be printable ASCII.
pub(super) fn write(out: &mut Vec<u8>, record: &Record) {
    match record {
        Record::Invocation(record) => invocation(out, record),
        Record::Part(record) => part(out, record),
        Record::Change(record) => change(out, record),
        Record::Look(record) => look(out, record),
    }
}

fn invocation(out: &mut Vec<u8>, record: &InvocationRecord) {
    let mut object = Object::open(out);
    object.number("at", record.at);
    caller(object.key("caller"), &record.caller);
    array(object.key("calls"), &record.calls, call);
    if let Some(captured_at) = record.captured_at {
        object.number("captured_at", captured_at);
    }
    object.hash("config", record.config.as_bytes());
    array(object.key("effects"), &record.effects, effect);
    object.text("entry", &record.entry);
    object.hash("grants", record.grants.as_bytes());
    object.text("id", &record.id);
    object.text("kind", "invocation");
    object.hash("package", record.package.as_bytes());
    object.text("pilot", &record.pilot);
    object.optional("read", &record.read);
    if let Some(reference) = &record.reference {
        object.hash("reference", reference.as_bytes());
    }
    object.hash("request", record.request.as_bytes());
    result(object.key("result"), &record.result);
    if let Some(unwritten) = &record.unwritten {
        let mut inner = Object::open(object.key("unwritten"));
        inner.number("calls", i64::from(unwritten.calls));
        inner.hash("trail", unwritten.trail.as_bytes());
        inner.close();
    }
    object.number("v", i64::from(record.v));
    object.text("version", &record.version);
    object.close();
}

fn part(out: &mut Vec<u8>, record: &PartRecord) {
    let mut object = Object::open(out);
    object.number("at", record.at);
    array(object.key("calls"), &record.calls, call);
    array(object.key("effects"), &record.effects, effect);
    object.text("id", &record.id);
    object.text("invocation", &record.invocation);
    object.text("kind", "part");
    object.number("part", i64::from(record.part));
    object.number("v", i64::from(record.v));
    object.close();
}

fn change(out: &mut Vec<u8>, record: &ChangeRecord) {
    let mut object = Object::open(out);
    object.text("action", &record.action);
    object.number("at", record.at);
    object.text("by", &record.by);
    let mut detail = Object::open(object.key("detail"));
    // Bytes order ASCII as RFC 8785's UTF-16 units do.
    record.detail.iter().for_each(|(key, value)| detail.text(key, value));
    detail.close();
    object.text("id", &record.id);
    object.text("kind", "change");
    object.text("of", &record.of);
    object.text("subject", &record.subject);
    object.number("v", i64::from(record.v));
    object.close();
}

fn look(out: &mut Vec<u8>, record: &LookRecord) {
    let mut object = Object::open(out);
    object.number("at", record.at);
    object.text("by", &record.by);
    object.text("id", &record.id);
    object.text("kind", "look");
    object.text("of", &record.of);
    object.number("v", i64::from(record.v));
    object.text("what", &record.what);
    object.close();
}

fn caller(out: &mut Vec<u8>, caller: &Caller) {
    let mut object = Object::open(out);
    if let Some(clock_ahead) = caller.clock_ahead {
        object.number("clock_ahead", clock_ahead);
    }
    object.text("credential", &caller.credential);
    object.optional("device", &caller.device);
    object.optional("facility", &caller.facility);
    object.text("role", &caller.role);
    object.text("unit", &caller.unit);
    object.close();
}

fn result(out: &mut Vec<u8>, result: &ResultRecord) {
    let mut object = Object::open(out);
    match result {
        ResultRecord::Decided { decision, reasons, outcome } => {
            object.text("decision", decision);
            object.text("is", "decided");
            object.hash("outcome", outcome.as_bytes());
            array(object.key("reasons"), reasons, |out, reason| string(out, reason));
        }
        ResultRecord::Refused { code, field } => {
            object.text("code", code);
            object.optional("field", field);
            object.text("is", "refused");
        }
        ResultRecord::Fault { code } => {
            object.text("code", code);
            object.text("is", "fault");
        }
    }
    object.close();
}

fn call(out: &mut Vec<u8>, call: &CallRecord) {
    let mut object = Object::open(out);
    if let Some(again) = call.again {
        object.number("again", i64::from(again));
    }
    object.hash("answer", call.answer.as_bytes());
    object.hash("args", call.args.as_bytes());
    array(object.key("asked"), &call.asked, |out, name| string(out, name));
    object.text("function", &call.function);
    object.optional("line", &call.line);
    object.number("n", i64::from(call.n));
    object.optional("person", &call.person);
    verdict(object.key("verdict"), &call.verdict);
    object.close();
}

fn verdict(out: &mut Vec<u8>, verdict: &Verdict) {
    let mut object = Object::open(out);
    match verdict {
        Verdict::Allowed => object.text("is", "allowed"),
        Verdict::Denied { code } => {
            object.text("code", code);
            object.text("is", "denied");
        }
        Verdict::Unavailable => object.text("is", "unavailable"),
    }
    object.close();
}

fn effect(out: &mut Vec<u8>, effect: &EffectRecord) {
    let mut object = Object::open(out);
    object.text("capability", &effect.capability);
    object.hash("key", effect.key.as_bytes());
    object.number("n", i64::from(effect.n));
    object.close();
}

/// An object being written; its keys come in order from the caller.
struct Object<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> Object<'a> {
    fn open(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true }
    }

    /// Writes the key, and gives back where its value goes.
    fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        string(self.out, key);
        self.out.push(b':');
        self.out
    }

    fn text(&mut self, key: &str, value: &str) {
        string(self.key(key), value);
    }

    fn optional(&mut self, key: &str, value: &Option<String>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    fn number(&mut self, key: &str, value: i64) {
        self.key(key).extend_from_slice(value.to_string().as_bytes());
    }

    fn hash(&mut self, key: &str, value: &[u8; 32]) {
        let out = self.key(key);
        out.push(b'"');
        out.extend_from_slice(&hex_digits(value));
        out.push(b'"');
    }

    fn close(self) {
        self.out.push(b'}');
    }
}

fn array<T>(out: &mut Vec<u8>, values: &[T], write: impl Fn(&mut Vec<u8>, &T)) {
    out.push(b'[');
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write(out, value);
    }
    out.push(b']');
}

/// Of printable ASCII, RFC 8785 escapes quote and backslash, and nothing else (section 3.2.2.2).
fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for piece in text.as_bytes().split_inclusive(|byte| matches!(byte, b'"' | b'\\')) {
        match piece {
            [plain @ .., special @ (b'"' | b'\\')] => {
                out.extend_from_slice(plain);
                out.extend_from_slice(&[b'\\', *special]);
            }
            plain => out.extend_from_slice(plain),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::Unwritten;
    use crate::testing::{call, change_record, effect, invocation_record, look_record};

    fn results() -> impl Strategy<Value = ResultRecord> {
        let outcome = invocation_record(1).request;
        prop_oneof![
            ("[!-~]{1,8}", prop::collection::vec("[ -/:-~]{1,9}", 0..4))
                .prop_map(move |(decision, reasons)| { ResultRecord::Decided { decision, reasons, outcome } }),
            ("[!-~]{1,9}", prop::option::of("[!-~]{1,8}"))
                .prop_map(|(code, field)| ResultRecord::Refused { code, field }),
            "[!-~]{1,8}".prop_map(|code| ResultRecord::Fault { code }),
        ]
    }

    fn calls() -> impl Strategy<Value = Vec<CallRecord>> {
        let verdicts = prop_oneof![
            Just(Verdict::Allowed),
            Just(Verdict::Unavailable),
            "[!-~]{1,8}".prop_map(|code| Verdict::Denied { code }),
        ];
        let optional = || prop::option::of("[!-~]{1,8}");
        let again = prop::option::of(any::<u32>());
        let one = (any::<u32>(), prop::collection::vec("[ -~]{1,8}", 0..4), verdicts, optional(), optional(), again)
            .prop_map(|(n, asked, verdict, person, line, again)| CallRecord {
                n,
                asked,
                verdict,
                person,
                line,
                again,
                ..call(0)
            });
        prop::collection::vec(one, 0..4)
    }

    fn records() -> impl Strategy<Value = Record> {
        let optional = || prop::option::of("[!-~]{1,8}");
        let whole = || prop::option::of(1 - (1_i64 << 53)..=(1_i64 << 53) - 1);
        let times = (whole(), whole());
        let unwritten = prop::option::of(any::<u32>());
        let invocation = (results(), calls(), optional(), optional(), times, any::<bool>(), 0..3_u32, unwritten)
            .prop_map(|(result, calls, facility, device, (captured_at, clock_ahead), referred, effects, unwritten)| {
                let base = invocation_record(1);
                let unwritten = unwritten.map(|calls| Unwritten { calls, trail: base.request });
                Record::Invocation(Box::new(InvocationRecord {
                    captured_at,
                    caller: Caller { facility, device, clock_ahead, ..base.caller },
                    reference: base.reference.filter(|_| referred),
                    effects: (0..effects).map(effect).collect(),
                    result,
                    calls,
                    unwritten,
                    ..base
                }))
            });
        let part = (calls(), any::<u32>()).prop_map(|(calls, part)| {
            let InvocationRecord { v, id, at, effects, .. } = invocation_record(1);
            Record::Part(PartRecord { v, id: format!("{id}.{part}"), at, invocation: id, part, calls, effects })
        });
        let change = (prop::collection::btree_map("[ -~]{1,8}", "[ -~]{0,20}", 0..6), 0..=(1_i64 << 53) - 1)
            .prop_map(|(detail, at)| Record::Change(ChangeRecord { detail, at, ..change_record(1) }));
        let look = "[!-~]{1,8}".prop_map(|of| Record::Look(LookRecord { of, ..look_record(1) }));
        prop_oneof![3 => invocation, 1 => part, 1 => change, 1 => look]
    }

    proptest! {
        #[test]
        fn the_bytes_are_those_of_an_independent_canonicaliser(record in records()) {
            let mut ours = Vec::new();
            write(&mut ours, &record);
            prop_assert_eq!(String::from_utf8(ours).unwrap(), serde_json_canonicalizer::to_string(&record).unwrap());
        }

        #[test]
        fn what_is_written_reads_back(record in records()) {
            let bytes = record.to_canonical().unwrap();
            prop_assert_eq!(Record::from_canonical(&bytes).unwrap(), record);
        }
    }
}
