//! How a call ended: what a guest's answer or an error of the engine is taken for, with every size checked.

use serde::{Deserialize, Serialize};
use wasmtime::Trap;

use crate::capabilities::funnel::GateError;
use crate::contract;
use crate::limits::Exceeded;

/// Longest outcome data of a guest, in bytes: a day's summary of a large hospital fits in a tenth of it.
pub(crate) const MAX_DATA: usize = 256 << 10;
/// Longest code in an outcome, in bytes.
const MAX_CODE: usize = 64;
/// Most reasons, next steps and message arguments of an outcome.
const MAX_LIST: usize = 16;
/// Longest argument of a message, in bytes: a date, a count, a code.
const MAX_ARGUMENT: usize = 256;

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is", deny_unknown_fields)]
pub enum Ended {
    /// With an outcome.
    Decided(Decided),
    /// The guest refused the request.
    Refused {
        /// Code of the pilot's catalogue.
        code: String,
        /// JSON Pointer to the field.
        field: Option<String>,
        /// In English, for developers.
        why: Option<String>,
    },
    /// The guest failed; nothing of the call is kept but its evidence.
    Fault {
        /// What happened.
        fault: Fault,
    },
}

/// An outcome, bounded and checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// One of the operation's decisions.
    pub decision: String,
    /// Reason codes.
    pub reasons: Vec<String>,
    /// Message key and arguments.
    pub say: Option<(String, Vec<(String, String)>)>,
    /// What the desk does next.
    pub next: Vec<String>,
    /// JSON, with tokens for people.
    pub data: String,
}

/// The ways in which a guest fails. Each is a typed outcome of the call; the host goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// It trapped.
    #[error("the component trapped: have the vendor run the recorded call with `pilot replay`")]
    Trapped,
    /// It ran past the deadline.
    #[error("the component ran past its deadline: `limits.deadline-ms` in its manifest, or a corrected version")]
    Deadline,
    /// It ran into its memory limit.
    #[error("the component ran into its memory limit: `limits.memory-kib` in its manifest, or a corrected version")]
    Memory,
    /// It ran into its table limit.
    #[error("the component ran into its table limit: a corrected version is needed")]
    Table,
    /// It recursed past its stack.
    #[error("the component ran out of stack: a corrected version is needed")]
    Stack,
    /// What it answered is no valid outcome: too long, no UTF-8, out of its memory.
    #[error(
        "the component's answer could not be taken, being too long, no UTF-8 text or outside its memory: a corrected version is needed"
    )]
    Answer,
    /// It decided what its manifest does not declare.
    #[error(
        "the component decided what its manifest does not declare: add it to `decisions` of the operation, or correct the component"
    )]
    Undeclared,
    /// Its data is no JSON, or not as its own schema says.
    #[error("the component's data is not what its own schema says: correct the schema or the component")]
    Schema,
    /// It made more calls, held more handles, moved more bytes or left more to write down than an invocation may, or went on asking
    /// long after its budget was spent.
    #[error(
        "the component made more calls, held more handles or moved more bytes than one invocation may, or went on asking after its budget was spent: a corrected version is needed"
    )]
    Excess,
    /// It has no such export.
    #[error("the component does not export what was asked for: build it again with `pilot build`")]
    NoExport,
    /// No place for another instance, or no memory for what it keeps.
    #[error("all places or all memory for running components are taken: try again")]
    Full,
    /// Others had the processors, or a provider kept it waiting, until its time was over: of its own it had less than its deadline.
    #[error(
        "the host was too busy to carry the call in time, so nothing of it was kept: send it again under the same reference"
    )]
    Late,
    /// The host's own failure.
    #[error("the host could not carry the call: see its log")]
    Host,
    /// The pilot was switched off while it ran: whatever it came to, nothing of it is kept.
    #[error(
        "the pilot was switched off while the call ran, so nothing of it was kept: send it again when the pilot is enabled"
    )]
    Withdrawn,
    /// An effect has the key of another one that was sent before: nothing of the call is kept, so that nothing passes for sent.
    #[error(
        "what the call wants sent has the number of something else that was sent before, so nothing of it was kept: enter it under another number"
    )]
    KeyTaken,
    /// Another call came first with the same reference, code or rows: whatever it came to, nothing of it is kept.
    #[error(
        "another call with the same reference, code or rows was kept first, so nothing of this one was: send it again if it is another case"
    )]
    Overtaken,
    /// A replay went another way than the recording.
    #[error("the replay left the recording: see the difference that it names")]
    Differs,
}

impl Fault {
    /// Whether it speaks against the guest, and counts towards its quarantine.
    pub fn is_the_guests(self) -> bool {
        !matches!(
            self,
            Fault::Full
                | Fault::Late
                | Fault::Host
                | Fault::Withdrawn
                | Fault::KeyTaken
                | Fault::Overtaken
                | Fault::Differs
        )
    }

    /// Whether the host took the call back: it says nothing of the pilot, and of what it came to nothing was kept.
    pub fn is_taken_back(self) -> bool {
        matches!(self, Fault::Withdrawn | Fault::Overtaken)
    }

    /// Stable name, as in problems and evidence.
    pub fn code(self) -> &'static str {
        match self {
            Fault::Trapped => "trapped",
            Fault::Deadline => "deadline",
            Fault::Memory => "memory",
            Fault::Table => "table",
            Fault::Stack => "stack",
            Fault::Answer => "answer",
            Fault::Undeclared => "undeclared-decision",
            Fault::Schema => "outside-schema",
            Fault::Excess => "excess",
            Fault::NoExport => "no-export",
            Fault::Full => "full",
            Fault::Late => "late",
            Fault::Host => "host",
            Fault::Withdrawn => "withdrawn",
            Fault::KeyTaken => "key-taken",
            Fault::Overtaken => "overtaken",
            Fault::Differs => "differs",
        }
    }
}

/// A call's time was over before it had computed for as long as it may.
#[derive(Debug, thiserror::Error)]
#[error("others had the time of this call")]
pub(crate) struct OutOfTime;

/// Takes an outcome or a refusal over, with every size checked.
pub(crate) fn bounded(answer: Result<contract::Outcome, contract::Refusal>) -> Ended {
    const TOO_LONG: Ended = Ended::Fault { fault: Fault::Answer };
    let code = |text: &String| is_code(text);
    match answer {
        Ok(outcome) => {
            let codes = outcome.reasons.iter().chain(&outcome.next).all(code) && code(&outcome.decision);
            let say = outcome.say.map(|message| (message.key, message.args));
            let worded = say.as_ref().is_none_or(|(key, args)| {
                code(key)
                    && args.len() <= MAX_LIST
                    && args.iter().all(|(name, value)| code(name) && value.len() <= MAX_ARGUMENT)
            });
            let lists = outcome.reasons.len() <= MAX_LIST && outcome.next.len() <= MAX_LIST;
            if !codes || !worded || !lists || outcome.data.len() > MAX_DATA {
                return TOO_LONG;
            }
            Ended::Decided(Decided {
                decision: outcome.decision,
                reasons: outcome.reasons,
                say,
                next: outcome.next,
                data: outcome.data,
            })
        }
        Err(refusal) => {
            let pointer = |field: &String| {
                !field.is_empty()
                    && field.len() <= 128
                    && field.bytes().all(|byte| matches!(byte, b'!'..=b'~'))
                    && !has_digits(field)
            };
            let field = refusal.field.as_ref().is_none_or(pointer);
            let why = refusal.why.as_ref().is_none_or(|why| why.len() <= 512);
            if !code(&refusal.code) || !field || !why {
                return TOO_LONG;
            }
            Ended::Refused { code: refusal.code, field: refusal.field, why: refusal.why }
        }
    }
}

/// Codes are names: letters, digits and joints, so that a page or a log shows them as they are; and never as many digits in a
/// row as a personal number has (Law 26/2023/QH15, Article 12), so that none travels as a code.
fn is_code(text: &str) -> bool {
    let joints = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !text.is_empty() && text.len() <= MAX_CODE && text.bytes().all(joints) && !has_digits(text)
}

/// Whether nine digits or more stand in a row.
pub(crate) fn has_digits(text: &str) -> bool {
    text.as_bytes().split(|byte| !byte.is_ascii_digit()).any(|run| run.len() >= 9)
}

/// What an engine error says about the guest. Its text is not used: it carries names that the guest chose.
pub(crate) fn fault_of(error: &wasmtime::Error, refused: Option<Exceeded>) -> Fault {
    if let Some(gate) = error.downcast_ref::<GateError>() {
        return match gate {
            GateError::TooManyCalls | GateError::TooMuch | GateError::Beyond => Fault::Excess,
            GateError::NoRoom => Fault::Full,
            GateError::Record(_) => Fault::Host,
            GateError::Differs(_) => Fault::Differs,
        };
    }
    if error.downcast_ref::<OutOfTime>().is_some() {
        return Fault::Late;
    }
    match refused {
        Some(Exceeded::Memory) => return Fault::Memory,
        Some(Exceeded::Table) => return Fault::Table,
        Some(Exceeded::Room) => return Fault::Full,
        None => {}
    }
    if error.downcast_ref::<wasmtime::PoolConcurrencyLimitError>().is_some() {
        return Fault::Full;
    }
    if error.downcast_ref::<crate::people::TooManyPeople>().is_some()
        || error.downcast_ref::<wasmtime::component::ResourceTableError>().is_some()
    {
        return Fault::Excess;
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => Fault::Deadline,
        Some(Trap::StackOverflow) => Fault::Stack,
        Some(_) => Fault::Trapped,
        None => Fault::Answer,
    }
}
