//! Turns: a call that outlives its first slice goes on here, on threads of its own, fewer than processors and behind the host's own
//! steps. Pilots take turns by the processor time that each has had, so that no number of calls of one keeps another waiting.

use std::cell::Cell;
use std::collections::{HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use thread_priority::{NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy};

/// How long a call may compute where it was asked, among the host's own steps: a hundred times what a short one takes.
const FIRST_SLICE: Duration = Duration::from_millis(1);
/// How long it computes then before another has its turn.
const SLICE: Duration = Duration::from_millis(10);
/// Calls of one pilot that have had less than this go before those that have had more: the rest run to their end one by one.
const YOUNG: Duration = Duration::from_millis(50);
/// One turn in so many is for a call that has had more, if there is one.
const TURNS_OF_THE_YOUNG: u32 = 4;
/// A turn that is shorter costs a pilot nothing of what its calls may compute among the host's own steps.
const SHORT: Duration = Duration::from_micros(200);
/// What longer turns of one pilot may take there in a second.
const LONG_TURNS_A_SECOND: Duration = Duration::from_millis(50);
/// Longest that waiting for a turn puts the end of a call off.
const MOST_WAITED: Duration = Duration::from_secs(4);
/// Where the threads stand, from 0 (last) to 99: behind those of the host, and not so far that another program's load stops them.
const PRIORITY: u8 = 41;

thread_local! {
    static NOW_RUNNING: Cell<Option<Slice>> = const { Cell::new(None) };
}

/// What is known of the call that this thread runs at the moment.
#[derive(Clone, Copy)]
struct Slice {
    /// Processor time that it had before this slice.
    spent: Duration,
    /// Time that it waited for its turns.
    waited: Duration,
    begun: Begun,
    /// It used its slice up: it gave way because of that, and for nothing else.
    over: bool,
}

/// Since when a slice runs. The first one is so short that the clock on the wall is near enough, and asking that costs less.
#[derive(Clone, Copy)]
enum Begun {
    Here(Instant),
    OfItsOwn { at: Instant, had: Duration },
}

impl Slice {
    fn lasts(&self) -> Duration {
        match self.begun {
            Begun::Here(begun) => begun.elapsed(),
            Begun::OfItsOwn { had, .. } => processor_time().saturating_sub(had),
        }
    }

    /// Time that it waited for its turns, and in them for a processor.
    fn waited(&self, lasts: Duration) -> Duration {
        match self.begun {
            Begun::Here(_) => self.waited,
            Begun::OfItsOwn { at, .. } => self.waited.saturating_add(at.elapsed().saturating_sub(lasts)),
        }
    }

    fn may_last(&self) -> Duration {
        match self.begun {
            Begun::Here(_) => FIRST_SLICE,
            Begun::OfItsOwn { .. } => SLICE,
        }
    }
}

/// What a call that is interrupted by a tick learns of its time.
pub(crate) struct Tick {
    /// Processor time that it had until now.
    pub(crate) own: Duration,
    /// How far waiting for its turns puts its end off.
    pub(crate) waited: Duration,
    /// Whether it must give way now.
    pub(crate) over: bool,
}

/// How the call stands that this thread runs; none where nobody measures it. Says so too where its slice is over.
// Never inlined: a call moves between threads while it is suspended, and must not keep the address of another one's cell.
#[inline(never)]
pub(crate) fn tick() -> Option<Tick> {
    let mut slice = NOW_RUNNING.get()?;
    let lasts = slice.lasts();
    if lasts >= slice.may_last() {
        slice.over = true;
        NOW_RUNNING.set(Some(slice));
    }
    let (own, waited) = (slice.spent.saturating_add(lasts), slice.waited(lasts).min(MOST_WAITED));
    Some(Tick { own, waited, over: slice.over })
}

/// How far waiting for its turns puts the end of the running call off.
#[inline(never)]
pub(crate) fn waited() -> Duration {
    NOW_RUNNING.get().map_or(Duration::ZERO, |slice| slice.waited(slice.lasts()).min(MOST_WAITED))
}

/// Lets others go first where a step of the host's own has used the slice of its call up. Between two parts of long work.
pub(crate) async fn give_way() {
    if tick().is_none_or(|tick| !tick.over) {
        return;
    }
    let mut gave = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut gave, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Polls a call as the one that this thread runs; how long it ran, and whether it used its slice up.
fn run<T>(slice: Slice, poll: impl FnOnce() -> Poll<T>) -> (Poll<T>, Duration, bool) {
    /// Whatever ends the poll, what comes next on this thread is not this call.
    struct Ended;
    impl Drop for Ended {
        fn drop(&mut self) {
            NOW_RUNNING.set(None);
        }
    }
    NOW_RUNNING.set(Some(slice));
    let ended = Ended;
    let polled = poll();
    let over = NOW_RUNNING.get().is_some_and(|slice| slice.over);
    drop(ended);
    (polled, slice.lasts(), over)
}

fn processor_time() -> Duration {
    ThreadTime::try_now().map_or(Duration::ZERO, |time| time.as_duration())
}

/// What the long turns of one pilot took among the host's own steps in this second: the second and its microseconds.
#[derive(Debug, Default)]
pub(crate) struct Allowance(AtomicU64);

impl Allowance {
    fn second() -> u64 {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        START.elapsed().as_secs() & u64::from(u32::MAX)
    }

    /// Whether a call may begin where it was asked.
    fn is_left(&self) -> bool {
        let packed = self.0.load(Ordering::Relaxed);
        let used = Duration::from_micros(packed & u64::from(u32::MAX));
        used < LONG_TURNS_A_SECOND || packed >> 32 != Allowance::second()
    }

    fn charge(&self, took: Duration) {
        if took < SHORT {
            return;
        }
        let (second, took) = (Allowance::second(), u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        let charged = |packed: u64| {
            let before = if packed >> 32 == second { packed & u64::from(u32::MAX) } else { 0 };
            Some(second << 32 | before.saturating_add(took).min(u64::from(u32::MAX)))
        };
        // It always answers some number, so this never fails.
        let _charged = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, charged);
    }
}

/// Runs a call: its first slice here, the rest where it keeps nobody of the host waiting.
pub(crate) async fn carry<T: Send + 'static>(
    pilot: &Arc<str>,
    allowance: &Allowance,
    call: impl Future<Output = T> + Send + 'static,
) -> T {
    let mut call = Box::pin(call);
    let mut spent = Duration::ZERO;
    if allowance.is_left() {
        let first = std::future::poll_fn(|context| {
            let slice = Slice { spent, waited: Duration::ZERO, begun: Begun::Here(Instant::now()), over: false };
            let (polled, took, over) = run(slice, || call.as_mut().poll(context));
            spent = spent.saturating_add(took);
            allowance.charge(took);
            match polled {
                Poll::Ready(done) => Poll::Ready(Some(done)),
                Poll::Pending if over => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            }
        });
        if let Some(done) = first.await {
            return done;
        }
    }
    let (say, said) = tokio::sync::oneshot::channel();
    let rest = async move {
        // Whoever asked may have gone; the call has its end all the same.
        let _gone = say.send(call.await);
    };
    Handed::hand_on(&TURNS, Arc::clone(pilot), spent, Box::pin(rest));
    match said.await {
        Ok(done) => done,
        // The host failed in it, which was said where it happened. It is the caller's failure as it would have been here.
        Err(_) => std::panic::resume_unwind(Box::new("a call failed in its turn")),
    }
}

/// The threads of this process, started with the first call that needs them.
static TURNS: LazyLock<Arc<Turns>> = LazyLock::new(|| {
    let turns = Arc::new(Turns::default());
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    for _ in 0..processors.saturating_sub(1).max(1) {
        let shared = Arc::clone(&turns);
        let started = std::thread::Builder::new().name("turns".to_owned()).spawn(move || shared.serve());
        if let Err(error) = started {
            tracing::error!(%error, "a thread for long calls does not start: lift the limit on threads for this user");
        }
    }
    turns
});

type Rest = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A call that waits for its next turn, has it, or waits for an answer.
struct Handed {
    turns: Arc<Turns>,
    pilot: Arc<str>,
    /// Where the timers and tasks of its providers live.
    home: Option<tokio::runtime::Handle>,
    state: Mutex<State>,
}

struct State {
    /// None while it has its turn, and once it has ended.
    rest: Option<Rest>,
    spent: Duration,
    waited: Duration,
    since: Instant,
    stands: Stands,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    /// Waits for an answer of a provider.
    Asking,
    /// Waits for its turn.
    Queued,
    /// Has its turn.
    Running,
    /// Has its turn, and will want another.
    RunningOn,
    /// Has ended.
    Over,
}

impl Handed {
    fn hand_on(turns: &Arc<Turns>, pilot: Arc<str>, spent: Duration, rest: Rest) {
        let state =
            State { rest: Some(rest), spent, waited: Duration::ZERO, since: Instant::now(), stands: Stands::Queued };
        let home = tokio::runtime::Handle::try_current().ok();
        let handed = Handed { turns: Arc::clone(turns), pilot, home, state: Mutex::new(state) };
        turns.queue(Arc::new(handed), spent);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One turn. Answers the processor time that it took.
    fn turn(self: Arc<Handed>) -> Duration {
        let (mut rest, slice) = {
            let mut state = self.state();
            let Some(rest) = state.rest.take() else { return Duration::ZERO };
            state.stands = Stands::Running;
            state.waited = state.waited.saturating_add(state.since.elapsed());
            let begun = Begun::OfItsOwn { at: Instant::now(), had: processor_time() };
            (rest, Slice { spent: state.spent, waited: state.waited, begun, over: false })
        };
        let waker = Waker::from(Arc::clone(&self));
        let entered = self.home.as_ref().map(tokio::runtime::Handle::enter);
        let polled = std::panic::catch_unwind(AssertUnwindSafe(|| {
            run(slice, || rest.as_mut().poll(&mut Context::from_waker(&waker)))
        }));
        let took = slice.lasts();
        let waited = slice.waited(took);
        let ended = !matches!(polled, Ok((Poll::Pending, ..)));
        let rest = if ended {
            // Dropped before anything is locked: what it holds may wake others.
            drop(rest);
            None
        } else {
            Some(rest)
        };
        drop(entered);
        let mut state = self.state();
        (state.spent, state.waited) = (state.spent.saturating_add(took), waited);
        state.rest = rest;
        let again = state.stands == Stands::RunningOn && !ended;
        state.stands = match (ended, again) {
            (true, _) => Stands::Over,
            (false, true) => Stands::Queued,
            (false, false) => Stands::Asking,
        };
        let spent = state.spent;
        if again {
            state.since = Instant::now();
        }
        drop(state);
        if again {
            let turns = Arc::clone(&self.turns);
            turns.queue(self, spent);
        }
        took
    }
}

impl Wake for Handed {
    fn wake(self: Arc<Handed>) {
        let mut state = self.state();
        match state.stands {
            Stands::Running => state.stands = Stands::RunningOn,
            Stands::Asking => {
                (state.stands, state.since) = (Stands::Queued, Instant::now());
                let spent = state.spent;
                drop(state);
                let turns = Arc::clone(&self.turns);
                turns.queue(self, spent);
            }
            Stands::Queued | Stands::RunningOn | Stands::Over => {}
        }
    }
}

/// The queue of all pilots.
#[derive(Default)]
struct Turns {
    lanes: Mutex<Lanes>,
    queued: Condvar,
}

#[derive(Default)]
struct Lanes {
    of: HashMap<Arc<str>, Lane>,
    /// What the pilot that had the last turn had had before. Who comes back begins here: idling saves nothing up.
    now: Duration,
}

/// The calls of one pilot that wait for a turn.
#[derive(Default)]
struct Lane {
    /// Processor time that it had.
    had: Duration,
    turns: u32,
    young: VecDeque<Arc<Handed>>,
    old: VecDeque<Arc<Handed>>,
}

impl Lane {
    fn is_empty(&self) -> bool {
        self.young.is_empty() && self.old.is_empty()
    }

    fn next(&mut self) -> Option<Arc<Handed>> {
        self.turns = self.turns.wrapping_add(1);
        if self.turns.is_multiple_of(TURNS_OF_THE_YOUNG) {
            self.old.pop_front().or_else(|| self.young.pop_front())
        } else {
            self.young.pop_front().or_else(|| self.old.pop_front())
        }
    }
}

impl Turns {
    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self, handed: Arc<Handed>, spent: Duration) {
        let mut lanes = self.lanes();
        let now = lanes.now;
        let lane = lanes.of.entry(Arc::clone(&handed.pilot)).or_default();
        if lane.is_empty() {
            lane.had = lane.had.max(now);
        }
        if spent < YOUNG {
            lane.young.push_back(handed);
        } else {
            // It goes on before others begin to be old: one that ends is worth more than many that do not.
            lane.old.push_front(handed);
        }
        drop(lanes);
        self.queued.notify_one();
    }

    /// The next call of the pilot that has had least.
    fn next(&self) -> Option<Arc<Handed>> {
        let mut lanes = self.lanes();
        let waiting = lanes.of.iter_mut().filter(|(_, lane)| !lane.is_empty());
        let (_, lane) = waiting.min_by_key(|(_, lane)| lane.had)?;
        let (had, next) = (lane.had, lane.next());
        lanes.now = had;
        next
    }

    fn charge(&self, pilot: &str, took: Duration) {
        if let Some(lane) = self.lanes().of.get_mut(pilot) {
            lane.had = lane.had.saturating_add(took);
        }
    }

    /// What a thread does: turn after turn, as long as the process lives.
    fn serve(&self) {
        give_precedence();
        loop {
            let Some(handed) = self.next() else {
                let lanes = self.lanes();
                // Whoever queued a call since `next` looked is seen here; a wake-up for nothing looks again.
                if lanes.of.values().all(Lane::is_empty) {
                    drop(self.queued.wait(lanes));
                }
                continue;
            };
            let pilot = Arc::clone(&handed.pilot);
            let took = handed.turn();
            self.charge(&pilot, took);
        }
    }
}

/// Puts this thread behind those of the host.
fn give_precedence() {
    let (Ok(priority), policy) = (PRIORITY.try_into(), ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Other))
    else {
        return;
    };
    let thread = thread_priority::thread_native_id();
    if let Err(error) =
        thread_priority::set_thread_priority_and_policy(thread, ThreadPriority::Crossplatform(priority), policy)
    {
        tracing::warn!(?error, "long calls run beside the host's own steps, not behind them");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handed(turns: &Arc<Turns>, pilot: &str, spent: u64) {
        let (pilot, spent) = (Arc::from(pilot), Duration::from_millis(spent));
        Handed::hand_on(turns, pilot, spent, Box::pin(std::future::pending()));
    }

    fn order(turns: &Turns, slices: usize) -> String {
        let mut order = String::new();
        for _ in 0..slices {
            let next = turns.next().unwrap();
            order.push_str(&next.pilot);
            turns.charge(&next.pilot, SLICE);
        }
        order
    }

    #[test]
    fn three_hundred_calls_of_one_pilot_stand_before_one_of_another_for_one_slice() {
        let turns = Arc::new(Turns::default());
        for _ in 0..300 {
            handed(&turns, "a", 0);
        }
        assert_eq!(order(&turns, 2), "aa");
        handed(&turns, "b", 0);
        handed(&turns, "c", 0);
        handed(&turns, "b", 0);
        let order = order(&turns, 6);
        assert!(order[..4].contains('b') && order[..4].contains('c'), "{order}");
        assert_eq!(order.matches('b').count(), 2, "{order}");
    }

    #[test]
    fn who_was_idle_has_saved_no_turns_up() {
        let turns = Arc::new(Turns::default());
        for _ in 0..20 {
            handed(&turns, "a", 0);
        }
        assert_eq!(order(&turns, 10), "a".repeat(10));
        for _ in 0..10 {
            handed(&turns, "b", 0);
        }
        let order = order(&turns, 10);
        assert!((4..=6).contains(&order.matches('a').count()), "{order}");
    }

    #[test]
    fn a_short_call_of_a_pilot_goes_before_its_long_ones_and_those_run_to_their_end_one_by_one() {
        let turns = Arc::new(Turns::default());
        for spent in [60, 70, 0, 10] {
            handed(&turns, "a", spent);
        }
        let spent: Vec<u128> = (0..4).map(|_| turns.next().unwrap().state().spent.as_millis()).collect();
        assert_eq!(spent, [0, 10, 70, 60]);
    }

    #[test]
    fn long_turns_use_up_what_a_pilot_may_take_of_the_hosts_own_threads_and_short_ones_never_do() {
        let allowance = Allowance::default();
        for _ in 0..1_000_000 {
            allowance.charge(SHORT / 2);
        }
        assert!(allowance.is_left());
        // A second may end in between.
        for _ in 0..1_000 {
            allowance.charge(Duration::from_millis(1));
        }
        assert!(
            !allowance.is_left() || {
                allowance.charge(LONG_TURNS_A_SECOND);
                !allowance.is_left()
            }
        );
    }

    #[tokio::test]
    async fn a_call_that_uses_its_slice_up_goes_on_elsewhere_and_one_that_waits_stays() {
        let (pilot, allowance) = (Arc::from("a"), Allowance::default());
        let here = std::thread::current().id();
        let (stayed, moved) = tokio::join!(
            carry(&pilot, &allowance, async move {
                tokio::task::yield_now().await;
                std::thread::current().id()
            }),
            carry(&pilot, &allowance, async move {
                // As long as it takes: a slice is over when the clock says so.
                while std::thread::current().id() == here {
                    give_way().await;
                }
                tokio::time::timeout(Duration::from_secs(60), tokio::task::yield_now()).await.unwrap();
                std::thread::current().id()
            }),
        );
        assert_eq!(stayed, here);
        assert_ne!(moved, here);
    }

    #[tokio::test]
    async fn a_host_that_fails_in_a_turn_fails_the_call_and_nothing_else() {
        let pilot: Arc<str> = Arc::from("a");
        let failing = tokio::spawn({
            let pilot = Arc::clone(&pilot);
            async move {
                let here = std::thread::current().id();
                carry(&pilot, &Allowance::default(), async move {
                    while std::thread::current().id() == here {
                        give_way().await;
                    }
                    panic!("as a test");
                })
                .await
            }
        });
        assert!(failing.await.is_err_and(|error| error.is_panic()));
        let allowance = Allowance::default();
        allowance.charge(Duration::from_secs(1));
        assert_eq!(carry(&pilot, &allowance, async { 7 }).await, 7);
    }
}
