//! How many connections are open, whose they are and what each waits for: bounded in sum and for each client.
//!
//! Where the room is used up, the connection that has waited longest for its next request is closed for a newcomer: who holds
//! connections and says nothing keeps nobody out.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

/// Most connections in sum: a desk has one or two, a browser six.
const MOST: usize = 8_192;
/// One client's part of the sum: an office of hundreds may stand behind one address.
const PART_OF_ONE: usize = 4;
/// Open files that the host itself needs: database, packages, receivers, the compiler's pipes.
const OWN_FILES: u64 = 256;
/// Fewest connections, however few files may be open.
const FEWEST: u64 = 16;

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    /// It has sent no whole head of a request since its opening or its last answer.
    Waiting,
    /// A handler works for it, with a deadline of its own.
    Working,
    /// It takes its answer.
    Sending,
}

/// One open connection.
#[derive(Debug)]
pub(super) struct Connection {
    id: u64,
    peer: IpAddr,
    doing: AtomicU8,
    /// Milliseconds after `opened` of the room, since when it does that.
    since: AtomicU64,
    begun: Instant,
    closed: CancellationToken,
}

impl Connection {
    fn millis(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Says what it does from now on.
    pub(super) fn does(&self, doing: Doing) {
        self.since.store(self.millis(), Ordering::Relaxed);
        self.doing.store(doing as u8, Ordering::Release);
    }

    /// What it does, and for how long already.
    pub(super) fn state(&self) -> (Doing, Duration) {
        let doing = match self.doing.load(Ordering::Acquire) {
            0 => Doing::Waiting,
            1 => Doing::Working,
            _ => Doing::Sending,
        };
        let since = self.since.load(Ordering::Relaxed);
        (doing, Duration::from_millis(self.millis().saturating_sub(since)))
    }

    /// Ends when its place is needed for another.
    pub(super) async fn given_up(&self) {
        self.closed.cancelled().await;
    }
}

#[derive(Default)]
struct Open {
    next: u64,
    all: HashMap<u64, Arc<Connection>>,
    /// How many each client has.
    of: HashMap<IpAddr, usize>,
}

impl Open {
    /// Takes out the connection that waited longest, of this client or of all.
    fn give_up(&mut self, of: Option<IpAddr>) -> bool {
        let waiting = self.all.values().filter(|one| of.is_none_or(|peer| one.peer == peer)).filter_map(|one| {
            let (doing, since) = one.state();
            (doing == Doing::Waiting).then_some((since, one.id))
        });
        let Some((_, id)) = waiting.max() else { return false };
        if let Some(connection) = self.remove(id) {
            connection.closed.cancel();
        }
        true
    }

    fn remove(&mut self, id: u64) -> Option<Arc<Connection>> {
        let connection = self.all.remove(&id)?;
        if let Some(count) = self.of.get_mut(&connection.peer) {
            *count -= 1;
            if *count == 0 {
                self.of.remove(&connection.peer);
            }
        }
        Some(connection)
    }
}

/// The room for connections.
pub(super) struct Connections {
    open: Mutex<Open>,
    most: usize,
    most_of_one: usize,
    begun: Instant,
}

/// A connection's place, which is free again when this is dropped.
pub(super) struct Place {
    room: Arc<Connections>,
    connection: Arc<Connection>,
}

impl Place {
    pub(super) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _given_up_before = self.room.open().remove(self.connection.id);
    }
}

impl Connections {
    /// A room for what so many open files leave.
    pub(super) fn within(files: u64) -> Connections {
        let own = OWN_FILES.min(files / 2);
        let most = usize::try_from((files - own).max(FEWEST)).unwrap_or(MOST).min(MOST);
        Connections { open: Mutex::default(), most, most_of_one: (most / PART_OF_ONE).max(1), begun: Instant::now() }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a connection of this client; none where all that it could have are in use. A declared proxy stands for
    /// many clients, so only the sum bounds it.
    pub(super) fn admit(self: &Arc<Self>, peer: IpAddr, is_proxy: bool) -> Option<Place> {
        let peer = counted(peer);
        let mut open = self.open();
        let own = open.of.get(&peer).copied().unwrap_or(0);
        if !is_proxy && own >= self.most_of_one && !open.give_up(Some(peer)) {
            return None;
        }
        if open.all.len() >= self.most && !open.give_up(None) {
            return None;
        }
        let id = open.next;
        open.next += 1;
        let connection = Arc::new(Connection {
            id,
            peer,
            doing: AtomicU8::new(Doing::Waiting as u8),
            since: AtomicU64::new(0),
            begun: self.begun,
            closed: CancellationToken::new(),
        });
        connection.does(Doing::Waiting);
        open.all.insert(id, Arc::clone(&connection));
        *open.of.entry(peer).or_insert(0) += 1;
        drop(open);
        Some(Place { room: Arc::clone(self), connection })
    }

    /// Frees the file of a waiting connection: the system has no more of them.
    pub(super) fn make_room(&self) {
        let _freed = self.open().give_up(None);
    }
}

/// What an address is counted under: IPv6 by its /64, which is one customer's.
pub(crate) fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        v4 @ IpAddr::V4(_) => v4,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: u64 = 64;

    fn room() -> Arc<Connections> {
        let room = Connections::within(FILES);
        assert_eq!((room.most, room.most_of_one), (32, 8));
        Arc::new(room)
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn is_given_up(place: &Place) -> bool {
        place.connection().closed.is_cancelled()
    }

    #[test]
    fn a_client_s_newcomer_takes_the_place_of_its_own_connection_that_waited_longest() {
        let room = room();
        let other = room.admit(address(2), false).unwrap();
        let own: Vec<Place> = (0..8).map(|_| room.admit(address(1), false).unwrap()).collect();
        own[0].connection().does(Doing::Working);
        // The first works, so the second has waited longest; its millisecond may be that of the others.
        let newcomer = room.admit(address(1), false).unwrap();
        assert!(!is_given_up(&own[0]) && !is_given_up(&other) && !is_given_up(&newcomer));
        assert_eq!(own.iter().filter(|place| is_given_up(place)).count(), 1);
    }

    #[test]
    fn who_has_all_places_at_work_gets_no_other_and_takes_none_of_others() {
        let room = room();
        let own: Vec<Place> = (0..8).map(|_| room.admit(address(1), false).unwrap()).collect();
        for (place, doing) in own.iter().zip([Doing::Working, Doing::Sending].into_iter().cycle()) {
            place.connection().does(doing);
        }
        assert!(room.admit(address(1), false).is_none());
        assert!(room.admit(address(2), false).is_some());
        drop(own);
        assert!(room.admit(address(1), false).is_some());
    }

    #[test]
    fn a_declared_proxy_is_bounded_by_the_sum_alone_and_the_sum_holds() {
        let room = room();
        let places: Vec<Place> = (0..40).map(|_| room.admit(address(9), true).unwrap()).collect();
        assert_eq!(room.open().all.len(), 32);
        assert_eq!(places.iter().filter(|place| is_given_up(place)).count(), 8);
        drop(places);
        let open = room.open();
        assert!(open.all.is_empty() && open.of.is_empty());
    }

    #[test]
    fn few_files_leave_some_connections_and_many_no_more_than_the_most() {
        assert_eq!(Connections::within(32).most, 16);
        assert_eq!(Connections::within(1_024).most, 768);
        assert_eq!(Connections::within(1 << 20).most, MOST);
    }

    #[test]
    fn addresses_of_one_customer_are_counted_together() {
        let count = |text: &str| counted(text.parse().unwrap());
        assert_eq!(count("2001:db8:1:2:3::4"), count("2001:db8:1:2:ffff::1"));
        assert_ne!(count("2001:db8:1:2::1"), count("2001:db8:1:3::1"));
        assert_eq!(count("::ffff:192.0.2.1"), count("192.0.2.1"));
        assert_ne!(count("192.0.2.1"), count("192.0.2.2"));
    }
}
