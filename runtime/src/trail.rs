//! The calls that an invocation made, in their order: written while it runs, read back when it is replayed.

use std::collections::{HashMap, VecDeque};

use pilothouse_evidence::{Digest, Verdict};
use serde::{Deserialize, Serialize};

/// Most capability calls of one invocation: a group of 100 with some ten calls each, and a bound on what evidence can weigh.
pub const MAX_CALLS: usize = 2_000;

/// One capability call, whole. Lives in memory and, sealed, in the recording; the log gets commitments only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallEntry {
    /// `population.verify`.
    pub function: String,
    /// Number of the handle that it is about.
    pub person: Option<u32>,
    /// That person's pseudonym.
    pub pseudonym: Option<String>,
    /// Names of claims, fields, tables that were asked for.
    pub asked: Vec<String>,
    /// The line of the grant that decided.
    pub line: String,
    /// How it was decided.
    pub verdict: Verdict,
    /// The arguments, as canonical JSON.
    pub args: String,
    /// The answer or the denial, as JSON.
    pub answer: String,
    /// Later calls that this denial answered as well, where it was given again and again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Again>,
}

impl CallEntry {
    /// How many capability calls it stands for.
    pub fn times(&self) -> usize {
        1 + self.again.as_ref().map_or(0, |again| again.n as usize)
    }
}

/// Calls that are not written out one by one: a denial that was given so often says nothing new, and what a guest goes on asking must
/// not fill the disk. A replay still holds each of them against its place and arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Again {
    /// How many.
    pub n: u32,
    /// Their places among all calls of the invocation, from 0: first and number of each run.
    pub runs: Vec<(u32, u32)>,
    /// Digest over their arguments, one after the other.
    pub args: Digest,
}

impl Again {
    pub(crate) fn one(place: u32, args: &str) -> Again {
        Again { n: 1, runs: vec![(place, 1)], args: chained(None, args) }
    }

    pub(crate) fn add(&mut self, place: u32, args: &str) {
        match self.runs.last_mut() {
            Some((first, count)) if *first + *count == place => *count += 1,
            Some(_) | None => self.runs.push((place, 1)),
        }
        self.n += 1;
        self.args = chained(Some(&self.args), args);
    }

    fn places(&self) -> impl Iterator<Item = u32> {
        self.runs.iter().flat_map(|(first, count)| (*first..first.saturating_add(*count)).take(MAX_CALLS))
    }
}

/// Digest over the arguments so far and these.
fn chained(before: Option<&Digest>, args: &str) -> Digest {
    let mut bytes = before.map_or_else(Vec::new, |before| before.as_bytes().to_vec());
    bytes.extend_from_slice(args.as_bytes());
    Digest::of(&bytes)
}

/// Writing, or reading back.
pub(crate) enum Trail {
    /// The call is live: what happens is written down.
    Written(Vec<CallEntry>),
    /// The call is a replay: what happened is read back, and where the guest asks something else, that is the difference.
    Read(Box<ReadBack>),
}

/// A recording that is being read back.
pub(crate) struct ReadBack {
    pub(crate) left: VecDeque<CallEntry>,
    pub(crate) done: Vec<CallEntry>,
    pub(crate) difference: Option<String>,
    /// Which entry answered the call at a place, where that is not written out.
    folded: HashMap<u32, usize>,
    /// What was asked of those entries now.
    again: HashMap<usize, Again>,
}

impl ReadBack {
    /// The entry that answers the call at this place, if it was folded into one.
    pub(crate) fn folded(&mut self, place: u32, args: &str) -> Option<&CallEntry> {
        let at = *self.folded.get(&place)?;
        let entry = self.done.get(at)?;
        match self.again.get_mut(&at) {
            Some(again) => again.add(place, args),
            None => drop(self.again.insert(at, Again::one(place, args))),
        }
        Some(entry)
    }
}

impl Trail {
    pub(crate) fn replaying(entries: Vec<CallEntry>) -> Trail {
        let places = entries.iter().enumerate().filter_map(|(at, entry)| Some((at, entry.again.as_ref()?)));
        let folded = places.flat_map(|(at, again)| again.places().map(move |place| (place, at))).collect();
        let (left, done, again) = (entries.into(), Vec::new(), HashMap::new());
        Trail::Read(Box::new(ReadBack { left, done, difference: None, folded, again }))
    }

    pub(crate) fn into_entries(self) -> (Vec<CallEntry>, Option<String>) {
        match self {
            Trail::Written(entries) => (entries, None),
            Trail::Read(read) => {
                let ReadBack { left, done, difference, again, .. } = *read;
                let missing = left
                    .front()
                    .map(|next| format!("call {} was {}, and is not made now", done.len() + 1, next.function));
                let folded = done.iter().enumerate().find(|(at, entry)| entry.again.as_ref() != again.get(at));
                let folded = folded.map(|(at, entry)| {
                    format!("calls after call {} to {} were made otherwise", at + 1, entry.function)
                });
                (done, difference.or(missing).or(folded))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denied(again: Option<Again>) -> CallEntry {
        CallEntry {
            function: "records.get".to_owned(),
            person: None,
            pseudonym: None,
            asked: Vec::new(),
            line: "records: scope.tables".to_owned(),
            verdict: Verdict::Denied { code: "not-granted".to_owned() },
            args: "a".to_owned(),
            answer: String::new(),
            again,
        }
    }

    fn read_back(asked: &[(u32, &str)]) -> Option<String> {
        let mut again = Again::one(1, "b");
        again.add(2, "c");
        again.add(5, "d");
        assert_eq!((again.n, again.runs.as_slice()), (3, [(1, 2), (5, 1)].as_slice()));
        let Trail::Read(mut read) = Trail::replaying(vec![denied(Some(again))]) else {
            unreachable!("made to be read")
        };
        let first = read.left.pop_front().unwrap();
        read.done.push(first);
        for (place, args) in asked {
            assert!(read.folded(*place, args).is_some());
        }
        assert!(read.folded(3, "x").is_none(), "a call between them was written out");
        Trail::Read(read).into_entries().1
    }

    #[test]
    fn folded_calls_are_held_against_their_places_and_arguments() {
        assert_eq!(read_back(&[(1, "b"), (2, "c"), (5, "d")]), None);
        assert!(read_back(&[(1, "b"), (2, "other"), (5, "d")]).is_some());
        assert!(read_back(&[(1, "b"), (2, "c")]).is_some());
    }

    #[test]
    fn recordings_of_before_have_nothing_folded() {
        let text = serde_json::to_string(&denied(None)).unwrap();
        assert!(!text.contains("again"));
        assert_eq!(serde_json::from_str::<CallEntry>(&text).unwrap(), denied(None));
    }
}
