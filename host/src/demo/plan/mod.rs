//! Who comes when, where, with what; and which errors are made. A pure function of the seed.
//!
//! One module a trade, all of one shape: `plan` adds its visitors, `mistakes` its errors, each with the answer that it must get.

mod bank;
mod coach;
mod draw;
mod hospital;
mod hotel;
mod mistake;
mod pawnshop;
#[cfg(test)]
mod tests;

pub(super) use bank::CHECKED;
use draw::Draw;
pub(super) use hospital::SEEN;
pub(super) use hotel::NOTIFIED;
pub(super) use mistake::Mistake;

use super::crowd::Crowd;
use super::trade::Trade;

/// Seconds of the simulated day.
pub(super) const DAY: u32 = 86_400;
/// One error of each kind of hospitals and hotels for as many patients, and one more.
const PATIENTS_PER_ERROR: usize = 60;

/// How many people go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    /// Patients at hospitals; a third as many guests at hotels and passengers of coaches, an eighth customers and borrowers.
    pub(crate) patients: usize,
}

impl Size {
    fn guests(self) -> usize {
        self.patients.div_ceil(3)
    }

    fn customers(self) -> usize {
        self.patients.div_ceil(8)
    }

    fn rounds_of_errors(self) -> usize {
        1 + self.patients / PATIENTS_PER_ERROR
    }
}

/// Where something is sent from: a place of the crowd, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Station {
    /// The desk's own software.
    Desk(Trade, usize),
    /// Its reader, or the conductor's phone.
    Reader(Trade, usize),
    /// A second reader of the first hospital, that is revoked at noon.
    SpareReader,
    /// The working group.
    Officer,
}

/// Whose card or number is at the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Plain(usize),
    Expired(usize),
    Dead(usize),
    /// A number that nobody has.
    Nobody(usize),
    /// A number with its last digit left out.
    Typo(usize),
    /// A card's text that breaks off.
    Cut(usize),
}

/// How a person is named to the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// The text of the card's QR code.
    Card,
    /// The number, typed.
    Number,
    /// The card's chip.
    Chip,
    /// The chip with another text than was signed.
    AlteredChip,
    /// The chip signed by an issuer whom nobody trusts.
    ForeignChip,
    /// A code of VNeID, made at that moment.
    Code,
    /// A code of VNeID that was made for another place.
    CodeOfElsewhere,
    /// The code that was shown at an earlier event.
    CodeOf(usize),
}

/// When it was read, as the request says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// At the simulated moment.
    Planned,
    /// Ahead of the clock.
    Ahead,
    /// At the moment of sending: codes hold for two minutes, and readings at a counter for ten.
    Sent,
}

/// A value of an operation's input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Field {
    Person(Who, By),
    /// The commune where somebody lives.
    CommuneOf(Who),
    Text(String),
    Number(i64),
    Flag(bool),
    /// A moment of the simulated day, in its seconds.
    Moment(u32),
    /// The moment of sending.
    Sent,
    /// So many days after the event.
    Days(i64),
    /// The reference of an event.
    ReferenceOf(usize),
    /// What an earlier event was answered, by name.
    AnswerOf(usize, &'static str),
    List(Vec<Input>),
}

/// An operation's input.
pub(super) type Input = Vec<(&'static str, Field)>;

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    /// Somebody at a reader, sent to the pilot of a trade.
    Reading { to: Trade, who: Who, by: By, when: When },
    /// An operation of the station's own pilot.
    Ask { name: &'static str, input: Input, when: When },
    /// The same request again.
    Again { of: usize },
    /// Another kind of visit under the same reference.
    Changed { of: usize },
    /// What a reader held back: late, the last one first, the first one twice.
    Backlog { of: Vec<usize> },
    /// The spare reader is revoked.
    Revoke,
}

impl Act {
    /// Earlier events that it speaks of.
    pub(super) fn speaks_of(&self, own: usize) -> Vec<usize> {
        let by = |by: &By| if let By::CodeOf(of) = by { Some(*of) } else { None };
        match self {
            Act::Reading { by: how, .. } => by(how).into_iter().collect(),
            Act::Ask { input, .. } => {
                let of = |(_, field): &(&str, Field)| match field {
                    Field::ReferenceOf(of) | Field::AnswerOf(of, _) => Some(*of).filter(|of| *of != own),
                    Field::Person(_, how) => by(how),
                    _ => None,
                };
                input.iter().filter_map(of).collect()
            }
            Act::Again { of } | Act::Changed { of } => vec![*of],
            Act::Backlog { of } => of.clone(),
            Act::Revoke => Vec::new(),
        }
    }
}

/// What the answer must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// One of these decisions, for this reason among others.
    Decided { among: &'static [&'static str], reason: Option<&'static str> },
    /// The answer that this event got, marked as given before.
    AsBefore(usize),
    /// This problem, with this code of a person or of the pilot.
    Problem { kind: &'static str, code: Option<&'static str> },
    /// Each of the events that were held back has its own.
    Each,
    /// Done.
    Done,
}

/// What happens at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    /// Its place in the order of planning; its reference is made of it.
    pub(super) number: usize,
    /// Seconds into the simulated day.
    pub(super) at: u32,
    pub(super) station: Station,
    pub(super) act: Act,
    pub(super) expected: Expected,
    pub(super) mistake: Option<Mistake>,
    /// Kept in the reader's memory until its backlog is sent.
    pub(super) is_held: bool,
}

const fn decided(among: &'static [&'static str]) -> Expected {
    Expected::Decided { among, reason: None }
}

const fn because(among: &'static [&'static str], reason: &'static str) -> Expected {
    Expected::Decided { among, reason: Some(reason) }
}

const fn problem(kind: &'static str) -> Expected {
    Expected::Problem { kind, code: None }
}

/// The host does not take the person.
const fn not_taken(code: &'static str) -> Expected {
    Expected::Problem { kind: "person-not-taken", code: Some(code) }
}

/// The pilot does not take the request.
const fn refused(code: &'static str) -> Expected {
    Expected::Problem { kind: "refused-by-pilot", code: Some(code) }
}

/// Plans a day in the order in which it happens. Empty where the crowd has nobody; a trade without places has no part.
pub(super) fn plan(seed: u64, crowd: &Crowd, size: Size) -> Vec<Event> {
    if crowd.plain.is_empty() {
        return Vec::new();
    }
    let mut plan = Plan { draw: Draw(seed), crowd, events: Vec::new(), next: 0 };
    for trade in Trade::ALL {
        if plan.places(trade) == 0 {
            continue;
        }
        match trade {
            Trade::Hospital => hospital::plan(&mut plan, size),
            Trade::Hotel => hotel::plan(&mut plan, size),
            Trade::Coach => coach::plan(&mut plan, size),
            Trade::Pawnshop => pawnshop::plan(&mut plan, size),
            Trade::Bank => bank::plan(&mut plan, size),
        }
    }
    let mut events = plan.events;
    events.sort_by_key(|event| (event.at, event.number));
    events
}

struct Plan<'c> {
    draw: Draw,
    crowd: &'c Crowd,
    events: Vec<Event>,
    /// Whose turn it is: everyone goes out once before anyone goes out twice.
    next: usize,
}

impl Plan<'_> {
    /// Adds an event and answers its number.
    fn add(&mut self, at: u32, station: Station, act: Act, expected: Expected) -> usize {
        let number = self.upcoming();
        let at = at.min(DAY - 1);
        self.events.push(Event { number, at, station, act, expected, mistake: None, is_held: false });
        number
    }

    /// Adds an error.
    fn err(&mut self, mistake: Mistake, at: u32, station: Station, act: Act, expected: Expected) {
        let number = self.add(at, station, act, expected);
        self.events[number].mistake = Some(mistake);
    }

    /// The number of the event that is added next.
    fn upcoming(&self) -> usize {
        self.events.len()
    }

    fn someone(&mut self) -> Who {
        let who = self.next % self.crowd.plain.len();
        self.next += 1;
        Who::Plain(who)
    }

    fn places(&self, trade: Trade) -> usize {
        self.crowd.places(trade).len()
    }

    fn place(&mut self, trade: Trade) -> usize {
        self.draw.index(self.crowd.places(trade).len())
    }

    /// Somebody of a group that may be empty.
    fn of(&mut self, many: usize, who: fn(usize) -> Who) -> Option<Who> {
        (many > 0).then(|| who(self.draw.index(many)))
    }

    fn dead(&mut self) -> Option<Who> {
        self.of(self.crowd.dead.len(), Who::Dead)
    }

    fn expired(&mut self) -> Option<Who> {
        self.of(self.crowd.expired.len(), Who::Expired)
    }

    fn nobody(&mut self) -> Option<Who> {
        self.of(self.crowd.nobodies.len(), Who::Nobody)
    }
}

/// A reading at the simulated moment, for the reader's own pilot.
fn reading(to: Trade, who: Who, by: By) -> Act {
    Act::Reading { to, who, by, when: if matches!(by, By::Code) { When::Sent } else { When::Planned } }
}

/// An operation at the simulated moment.
fn ask(name: &'static str, input: Input) -> Act {
    Act::Ask { name, input, when: When::Planned }
}

/// An operation at the moment of sending.
fn ask_now(name: &'static str, input: Input) -> Act {
    Act::Ask { name, input, when: When::Sent }
}

fn text(text: impl Into<String>) -> Field {
    Field::Text(text.into())
}
