//! Where the parts of a log lie when it is served or copied, and what is in them: C2SP tlog-tiles
//! (<https://c2sp.org/tlog-tiles>). Pure functions, used by whoever writes, serves or checks.

use std::fmt;
use std::str::FromStr;

use crate::merkle::{Hash, MAX_SIZE};

/// Hashes in a full tile, entries in a full bundle.
pub const FULL: u64 = 256;

/// Highest tile level: a log of [`MAX_SIZE`] entries has tiles of levels 0 to 6.
const MAX_LEVEL: u8 = 6;

/// Longest path that is looked at: `tile/entries/`, an index of five elements and a partial width are 42 bytes.
const MAX_PATH: usize = 64;

/// One file of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resource {
    /// The newest checkpoint.
    Checkpoint,
    /// Hashes of complete subtrees.
    Tile {
        /// 0 for leaf hashes; each level up is 8 levels of the tree.
        level: u8,
        /// Number in its level, from 0.
        index: u64,
        /// How many hashes: 256, or fewer in a partial tile.
        width: u16,
    },
    /// The entries themselves.
    Entries {
        /// Number, from 0.
        index: u64,
        /// How many entries: 256, or fewer in a partial bundle.
        width: u16,
    },
}

/// Why a path, a tile or a bundle is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// No file of a log is called so.
    #[error("not a path of the log: use `checkpoint`, `tile/<level>/<number>` or `tile/entries/<number>`")]
    NotAPath,
    /// The log does not reach as far.
    #[error("the log has no such tile yet: take its width from the newest checkpoint's size")]
    NotThere,
    /// A hash that the tile needs is missing.
    #[error("node {index} of level {level} is missing: rebuild the nodes from the entries, then verify the log")]
    MissingNode {
        /// Its level in the tree.
        level: u8,
        /// Its number in that level.
        index: u64,
    },
    /// An entry that the bundle needs is missing.
    #[error("entry {0} is missing: restore it from a copy of the log, then verify the log")]
    MissingEntry(u64),
    /// An entry that a bundle cannot hold.
    #[error("entry {0} is longer than 65,535 bytes: it cannot be a record, verify the log")]
    EntryTooLong(u64),
    /// The bytes of a tile or bundle do not have the length or the form that its path says.
    #[error("the bytes are no whole tile or bundle: fetch it again")]
    Malformed,
}

impl Resource {
    /// The tile that holds node `(level, index)` of the tree in a log of `size` entries, and its place therein.
    /// `None` where tiles do not hold that level (only every eighth is kept) or the log is not as long.
    pub fn of_node(size: u64, level: u8, index: u64) -> Option<(Resource, usize)> {
        if !level.is_multiple_of(8) {
            return None;
        }
        let tile = level / 8;
        let width = width(size, tile, index / FULL)?;
        let place = (index % FULL) as u16;
        (place < width).then_some((Resource::Tile { level: tile, index: index / FULL, width }, usize::from(place)))
    }

    /// The bundle that holds an entry of a log of `size` entries, and its place therein.
    pub fn of_entry(size: u64, index: u64) -> Option<(Resource, usize)> {
        let width = width(size, 0, index / FULL)?;
        let place = (index % FULL) as u16;
        (place < width).then_some((Resource::Entries { index: index / FULL, width }, usize::from(place)))
    }

    /// Whether a log of `size` entries has this file. A partial tile stays after it was filled.
    pub fn exists_at(&self, size: u64) -> bool {
        match *self {
            Resource::Checkpoint => true,
            Resource::Tile { level, index, width: asked } => width(size, level, index).is_some_and(|has| has >= asked),
            Resource::Entries { index, width: asked } => width(size, 0, index).is_some_and(|has| has >= asked),
        }
    }
}

/// How many hashes tile `index` of tile level `level` has in a log of `size` entries; `None` where there are none.
pub fn width(size: u64, level: u8, index: u64) -> Option<u16> {
    if size > MAX_SIZE || level > MAX_LEVEL {
        return None;
    }
    let hashes = size >> (8 * u32::from(level));
    let before = index.checked_mul(FULL)?;
    match hashes.checked_sub(before)? {
        0 => None,
        left => Some(left.min(FULL) as u16),
    }
}

/// Every tile and bundle of a log of `size` entries, so all that a copy needs besides the checkpoint.
pub fn resources(size: u64) -> impl Iterator<Item = Resource> {
    let numbered = move |level: u8| (0..).map_while(move |index| width(size, level, index).map(|width| (index, width)));
    let entries = numbered(0).map(|(index, width)| Resource::Entries { index, width });
    let tiles = (0..=MAX_LEVEL)
        .flat_map(move |level| numbered(level).map(move |(index, width)| Resource::Tile { level, index, width }));
    entries.chain(tiles)
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (index, width) = match *self {
            Resource::Checkpoint => return f.write_str("checkpoint"),
            Resource::Tile { level, index, width } => {
                write!(f, "tile/{level}/")?;
                (index, width)
            }
            Resource::Entries { index, width } => {
                f.write_str("tile/entries/")?;
                (index, width)
            }
        };
        write_index(f, index / 1000)?;
        write!(f, "{:03}", index % 1000)?;
        if u64::from(width) < FULL { write!(f, ".p/{width}") } else { Ok(()) }
    }
}

/// All path elements but the last: three digits each, with an `x` before.
fn write_index(f: &mut fmt::Formatter<'_>, rest: u64) -> fmt::Result {
    if rest == 0 {
        return Ok(());
    }
    write_index(f, rest / 1000)?;
    write!(f, "x{:03}/", rest % 1000)
}

impl FromStr for Resource {
    type Err = LayoutError;

    /// Reads a path without a leading slash. Only the one right spelling is taken.
    fn from_str(path: &str) -> Result<Self, LayoutError> {
        let resource = parse(path).ok_or(LayoutError::NotAPath)?;
        // Leading zeroes, stray signs and the like: what does not print the same was not the path.
        if resource.to_string() == path { Ok(resource) } else { Err(LayoutError::NotAPath) }
    }
}

fn parse(path: &str) -> Option<Resource> {
    if path.len() > MAX_PATH {
        return None;
    }
    if path == "checkpoint" {
        return Some(Resource::Checkpoint);
    }
    let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let (number, width) = match rest.split_once(".p/") {
        Some((number, width)) => (number, width.parse().ok().filter(|width| (1..FULL as u16).contains(width))?),
        None => (rest, FULL as u16),
    };
    let mut index = 0_u64;
    for element in number.split('/') {
        let digits = element.strip_prefix('x').unwrap_or(element);
        index = index.checked_mul(1000)?.checked_add(digits.parse().ok().filter(|part| *part < 1000)?)?;
    }
    if index > MAX_SIZE {
        return None;
    }
    match level {
        "entries" => Some(Resource::Entries { index, width }),
        level => {
            let level = level.parse().ok().filter(|level| *level <= MAX_LEVEL)?;
            Some(Resource::Tile { level, index, width })
        }
    }
}

/// The bytes of a tile, its hashes fetched by level and index *in the tree* (not in the tiles).
///
/// # Errors
/// [`LayoutError::MissingNode`]; [`LayoutError::NotThere`] for a tile of a level or width that cannot be.
pub fn tile_bytes(
    level: u8,
    index: u64,
    width: u16,
    mut fetch: impl FnMut(u8, u64) -> Option<Hash>,
) -> Result<Vec<u8>, LayoutError> {
    let first = start(level, index, width)?;
    let mut bytes = Vec::with_capacity(usize::from(width) * 32);
    for index in first..first + u64::from(width) {
        let hash = fetch(level * 8, index).ok_or(LayoutError::MissingNode { level: level * 8, index })?;
        bytes.extend_from_slice(&hash);
    }
    Ok(bytes)
}

/// The hashes of a tile of that width.
///
/// # Errors
/// [`LayoutError::Malformed`] where the length is not right.
pub fn parse_tile(bytes: &[u8], width: u16) -> Result<Vec<Hash>, LayoutError> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    if rest.is_empty() && hashes.len() == usize::from(width) {
        Ok(hashes.to_vec())
    } else {
        Err(LayoutError::Malformed)
    }
}

/// The bytes of an entry bundle: each entry after its length, as a big-endian number of sixteen bits.
///
/// # Errors
/// [`LayoutError::MissingEntry`], [`LayoutError::EntryTooLong`], [`LayoutError::NotThere`].
pub fn bundle_bytes(
    index: u64,
    width: u16,
    mut fetch: impl FnMut(u64) -> Option<Vec<u8>>,
) -> Result<Vec<u8>, LayoutError> {
    let first = start(0, index, width)?;
    let mut bytes = Vec::new();
    for index in first..first + u64::from(width) {
        let entry = fetch(index).ok_or(LayoutError::MissingEntry(index))?;
        let length = u16::try_from(entry.len()).map_err(|_| LayoutError::EntryTooLong(index))?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&entry);
    }
    Ok(bytes)
}

/// The entries of a bundle of that width.
///
/// # Errors
/// [`LayoutError::Malformed`] where lengths and width do not add up to the bytes.
pub fn parse_bundle(mut bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, LayoutError> {
    let mut entries = Vec::with_capacity(usize::from(width));
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, rest) = rest.split_at_checked(length).ok_or(LayoutError::Malformed)?;
        if entries.len() == usize::from(width) {
            return Err(LayoutError::Malformed);
        }
        entries.push(entry);
        bytes = rest;
    }
    if bytes.is_empty() && entries.len() == usize::from(width) { Ok(entries) } else { Err(LayoutError::Malformed) }
}

/// The number of a tile's first hash in its level.
fn start(level: u8, index: u64, width: u16) -> Result<u64, LayoutError> {
    let possible = level <= MAX_LEVEL && (1..=FULL).contains(&u64::from(width)) && index <= MAX_SIZE / FULL;
    if possible { Ok(index * FULL) } else { Err(LayoutError::NotThere) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        let tile = |level, index, width| Resource::Tile { level, index, width }.to_string();
        assert_eq!(tile(0, 1_234_067, 256), "tile/0/x001/x234/067");
        assert_eq!(tile(1, 1, 17), "tile/1/001.p/17");
        assert_eq!(Resource::Entries { index: 5, width: 256 }.to_string(), "tile/entries/005");
        assert_eq!(Resource::Entries { index: 1_000, width: 1 }.to_string(), "tile/entries/x001/000.p/1");
    }

    #[test]
    fn a_log_of_seventy_thousand_has_the_tiles_that_the_specification_counts() {
        let (mut full, mut partial) = ([0; 3], Vec::new());
        for resource in resources(70_000) {
            match resource {
                Resource::Tile { level, width: 256, .. } => full[usize::from(level)] += 1,
                Resource::Tile { level, width, .. } => partial.push((level, width)),
                Resource::Entries { .. } | Resource::Checkpoint => {}
            }
        }
        assert_eq!(full, [273, 1, 0]);
        assert_eq!(partial, [(0, 112), (1, 17), (2, 1)]);
        assert_eq!(resources(0).count(), 0);
        assert_eq!(resources(u64::MAX).count(), 0);
    }

    #[test]
    fn other_spellings_of_a_path_are_refused() {
        for path in [
            "",
            "/checkpoint",
            "tile/00/000",
            "tile/0/0",
            "tile/0/x000/001",
            "tile/0/001/002",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/+01",
            "tile/7/000",
            "tile/64/000",
            "tile/-1/000",
            "tile/entries/x001",
            "tile/entries/../000",
            "tile/0/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(path.parse::<Resource>(), Err(LayoutError::NotAPath), "{path}");
        }
    }

    #[test]
    fn a_partial_tile_exists_once_the_log_is_as_long() {
        let tile: Resource = "tile/0/001.p/5".parse().unwrap();
        assert!(!tile.exists_at(260));
        assert!(tile.exists_at(261));
        assert!(tile.exists_at(10_000));
        assert_eq!(Resource::of_node(261, 0, 260), Some((tile, 4)));
        assert_eq!(Resource::of_node(261, 0, 261), None);
        assert_eq!(Resource::of_node(261, 1, 0), None);
        assert_eq!(Resource::of_node(261, 8, 0), Some(("tile/1/000.p/1".parse().unwrap(), 0)));
    }

    #[test]
    fn a_bundle_that_lacks_an_entry_is_not_made() {
        assert_eq!(bundle_bytes(0, 2, |i| (i == 0).then(Vec::new)), Err(LayoutError::MissingEntry(1)));
        assert_eq!(bundle_bytes(1, 1, |_| Some(vec![0; 65_536])), Err(LayoutError::EntryTooLong(256)));
        assert_eq!(tile_bytes(1, 0, 1, |_, _| None), Err(LayoutError::MissingNode { level: 8, index: 0 }));
        assert_eq!(tile_bytes(200, 0, 1, |_, _| Some([0; 32])), Err(LayoutError::NotThere));
    }

    proptest! {
        #[test]
        fn every_path_reads_back(level in 0_u8..=6, index in 0_u64..MAX_SIZE, width in 1_u16..=256) {
            for resource in [Resource::Tile { level, index, width }, Resource::Entries { index, width }] {
                prop_assert_eq!(resource.to_string().parse(), Ok(resource));
            }
        }

        #[test]
        fn no_path_makes_the_reader_panic(path in "(tile/)?[0-9a-z./x]{0,40}") {
            if let Ok(resource) = path.parse::<Resource>() {
                prop_assert_eq!(resource.to_string(), path);
            }
        }

        #[test]
        fn a_bundle_reads_back_whole_or_not_at_all(
            entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 1..20),
            cut in any::<prop::sample::Index>(),
        ) {
            let width = entries.len() as u16;
            let bytes = bundle_bytes(0, width, |i| entries.get(i as usize).cloned()).unwrap();
            prop_assert_eq!(parse_bundle(&bytes, width).unwrap(), entries);
            prop_assert_eq!(parse_bundle(&bytes[..cut.index(bytes.len())], width), Err(LayoutError::Malformed));
            prop_assert_eq!(parse_bundle(&bytes, width + 1), Err(LayoutError::Malformed));
            prop_assert_eq!(parse_bundle(&bytes, width - 1), Err(LayoutError::Malformed));
        }
    }
}
