//! An invocation with more calls than one entry holds becomes several entries, and loses none of them.

use super::{CallRecord, EffectRecord, InvocationRecord, PartRecord, RECORD_VERSION, Record, Verdict};

/// How much of an entry's 65,535 bytes calls and effects may take together, by their weights. The rest is for head and
/// result: texts of at most 160 bytes, 64 reasons at most. Holds some 140 calls of ordinary length.
const PART_BYTES: usize = 48 * 1024;

impl InvocationRecord {
    /// The entries to append for it, in this order and in one step: nearly always itself alone; for a batch of many
    /// calls, parts with the earlier calls and effects first, and itself with the last ones at the end.
    pub fn into_records(mut self) -> Vec<Record> {
        let weight = self.calls.iter().map(CallRecord::weight).sum::<usize>()
            + self.effects.iter().map(EffectRecord::weight).sum::<usize>();
        if weight <= PART_BYTES {
            return vec![Record::Invocation(Box::new(self))];
        }
        let mut chunks = Chunks::default();
        for call in std::mem::take(&mut self.calls) {
            chunks.fit(call.weight()).calls.push(call);
        }
        for effect in std::mem::take(&mut self.effects) {
            chunks.fit(effect.weight()).effects.push(effect);
        }
        let mut records: Vec<Record> = (1..).zip(chunks.full).map(|(part, chunk)| self.part(part, chunk)).collect();
        self.calls = chunks.last.calls;
        self.effects = chunks.last.effects;
        records.push(Record::Invocation(Box::new(self)));
        records
    }

    fn part(&self, part: u32, chunk: Chunk) -> Record {
        Record::Part(PartRecord {
            v: RECORD_VERSION,
            id: format!("{}.{part}", self.id),
            at: self.at,
            invocation: self.id.clone(),
            part,
            calls: chunk.calls,
            effects: chunk.effects,
        })
    }
}

#[derive(Default)]
struct Chunk {
    weight: usize,
    calls: Vec<CallRecord>,
    effects: Vec<EffectRecord>,
}

#[derive(Default)]
struct Chunks {
    full: Vec<Chunk>,
    last: Chunk,
}

impl Chunks {
    /// The chunk that something of this weight goes into.
    fn fit(&mut self, weight: usize) -> &mut Chunk {
        if self.last.weight + weight > PART_BYTES {
            self.full.push(std::mem::take(&mut self.last));
        }
        self.last.weight += weight;
        &mut self.last
    }
}

/// How many bytes JSON needs for a text of printable ASCII: a quote or backslash takes two.
fn written(text: &str) -> usize {
    text.len() + text.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count()
}

impl CallRecord {
    /// At most how many bytes this call takes in a canonical record.
    fn weight(&self) -> usize {
        /// Both commitments, all keys and punctuation, the longest verdict without its code, the numbers.
        const FIXED: usize = 330;
        let code = match &self.verdict {
            Verdict::Denied { code } => written(code),
            Verdict::Allowed | Verdict::Unavailable => 0,
        };
        let asked: usize = self.asked.iter().map(|name| written(name) + 3).sum();
        let optional = |field: &Option<String>| field.as_deref().map_or(0, written);
        FIXED + written(&self.function) + code + asked + optional(&self.person) + optional(&self.line)
    }
}

impl EffectRecord {
    /// At most how many bytes this effect takes in a canonical record.
    fn weight(&self) -> usize {
        /// The key, all JSON keys and punctuation, the number.
        const FIXED: usize = 120;
        FIXED + written(&self.capability)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{call, effect, invocation_record};

    #[test]
    fn an_ordinary_invocation_is_one_entry() {
        let record = invocation_record(1);
        assert_eq!(record.clone().into_records(), vec![Record::Invocation(Box::new(record))]);
    }

    #[test]
    fn a_batch_of_two_thousand_calls_keeps_every_call_and_effect_in_order() {
        let mut record = invocation_record(1);
        record.calls = (0..2_000).map(call).collect();
        record.effects = (0..500).map(effect).collect();
        let records = record.clone().into_records();
        let (mut calls, mut effects) = (Vec::new(), Vec::new());
        for (number, entry) in (1..).zip(&records) {
            let bytes = entry.to_canonical().unwrap();
            assert_eq!(&Record::from_canonical(&bytes).unwrap(), entry);
            match entry {
                Record::Part(part) => {
                    assert_eq!((part.part, &part.invocation), (number, &record.id));
                    calls.extend(part.calls.clone());
                    effects.extend(part.effects.clone());
                }
                Record::Invocation(last) => {
                    assert_eq!(number as usize, records.len());
                    calls.extend(last.calls.clone());
                    effects.extend(last.effects.clone());
                }
                Record::Change(_) | Record::Look(_) => panic!("an invocation became something else"),
            }
        }
        assert!((10..30).contains(&records.len()), "{} entries", records.len());
        assert_eq!(calls, record.calls);
        assert_eq!(effects, record.effects);
    }

    proptest! {
        #[test]
        fn nothing_weighs_less_than_its_bytes(
            n in any::<u32>(), function in "[ -~]{1,40}", person in prop::option::of("[ -~]{1,64}"),
            asked in prop::collection::vec("[ -~]{1,20}", 0..6), code in prop::option::of("[ -~]{1,30}"),
            line in prop::option::of("[ -~]{1,40}"), capability in "[ -~]{1,40}",
        ) {
            let verdict = code.map_or(Verdict::Unavailable, |code| Verdict::Denied { code });
            let call = CallRecord { n, function, person, asked, verdict, line, ..call(0) };
            let bytes = serde_json_canonicalizer::to_vec(&call).unwrap();
            prop_assert!(bytes.len() < call.weight(), "{} bytes weigh {}", bytes.len(), call.weight());
            let effect = EffectRecord { capability, n, ..effect(0) };
            let bytes = serde_json_canonicalizer::to_vec(&effect).unwrap();
            prop_assert!(bytes.len() < effect.weight(), "{} bytes weigh {}", bytes.len(), effect.weight());
        }
    }
}
