//! The Merkle tree of RFC 6962, section 2.1: appending, roots, proofs, and checking them.
//!
//! Only *complete* subtrees are ever kept: node `(level, index)` covers the leaves
//! `index << level .. (index + 1) << level` and never changes once it exists. An append finishes two nodes on average;
//! a proof reads O(log n) of them. A store that cannot answer from memory asks for the positions first
//! ([`root_positions`], [`inclusion_positions`], [`consistency_positions`]), loads those, and proves from a map.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use sha2::{Digest as _, Sha256};

/// A node or leaf hash: SHA-256.
pub type Hash = [u8; 32];

/// Most entries a log may have. A thousand records a second for 8,900 years; a larger number is a damaged
/// or hostile one, and arithmetic on it stays far from overflow.
pub const MAX_SIZE: u64 = 1 << 48;

/// A tree over `MAX_SIZE` leaves is 48 levels high, so a longer proof proves nothing.
const MAX_PROOF: usize = 2 * 48;

/// The hash of a leaf: SHA-256 over `0x00` and the entry, so that no entry can pass for an inner node.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new_with_prefix([0x00]).chain_update(entry).finalize().into()
}

/// The hash of an inner node: SHA-256 over `0x01`, the left and the right hash.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut both = [0x01; 65];
    let (l, r) = both[1..].split_at_mut(32);
    l.copy_from_slice(left);
    r.copy_from_slice(right);
    Sha256::digest(both).into()
}

/// The root of the empty log: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// Where a complete subtree stands: its height above the leaves, and its number in that level from the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// 0 for a leaf.
    pub level: u8,
    /// Counted from 0.
    pub index: u64,
}

/// A complete subtree's hash and place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// 0 for a leaf.
    pub level: u8,
    /// Counted from 0 in its level.
    pub index: u64,
    /// Its hash, which never changes.
    pub hash: Hash,
}

/// Why the tree could not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MerkleError {
    /// A hash that must be there is not: the log's nodes are incomplete.
    #[error("node {index} of level {level} is missing: rebuild the nodes from the entries, then verify the log")]
    MissingNode {
        /// Its level.
        level: u8,
        /// Its number in that level.
        index: u64,
    },
    /// The entry asked about is not in a log of that size.
    #[error("entry {index} is not in a log of {size} entries: ask about a smaller number or a newer checkpoint")]
    BeyondTheEnd {
        /// The entry.
        index: u64,
        /// The log's size.
        size: u64,
    },
    /// A log only grows, so nothing leads from a larger to a smaller one.
    #[error("a log of {old} entries does not lead to one of {new}: swap the two checkpoints")]
    Shrinks {
        /// The size said to be older.
        old: u64,
        /// The size said to be newer.
        new: u64,
    },
    /// The frontier given does not have the number of nodes that its size needs.
    #[error("a log of {size} entries has {expected} peaks, not {given}: load them by `peak_positions`")]
    WrongPeaks {
        /// The log's size.
        size: u64,
        /// How many hashes it needs.
        expected: usize,
        /// How many were given.
        given: usize,
    },
    /// No honest log is that large.
    #[error("{0} entries are more than any log holds: the stored size is damaged, restore it from the last checkpoint")]
    TooLarge(u64),
}

/// Complete subtrees by place; `None` where there is none.
pub trait Nodes {
    /// The hash of the complete subtree at this place.
    fn node(&self, level: u8, index: u64) -> Option<Hash>;
}

impl Nodes for HashMap<Position, Hash> {
    fn node(&self, level: u8, index: u64) -> Option<Hash> {
        self.get(&Position { level, index }).copied()
    }
}

impl Nodes for BTreeMap<Position, Hash> {
    fn node(&self, level: u8, index: u64) -> Option<Hash> {
        self.get(&Position { level, index }).copied()
    }
}

impl<N: Nodes + ?Sized> Nodes for &N {
    fn node(&self, level: u8, index: u64) -> Option<Hash> {
        (**self).node(level, index)
    }
}

/// What appending needs to know of the log so far: the hashes of its largest complete subtrees, left to right.
/// At most 48 hashes, however long the log.
///
/// ```
/// use pilothouse_evidence::{Frontier, leaf_hash};
/// let mut log = Frontier::empty();
/// assert_eq!(log.append(leaf_hash(b"first")).len(), 1);
/// assert_eq!(log.append(leaf_hash(b"second")).len(), 2); // its leaf, and the node over both
/// assert_eq!(log.size(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Default for Frontier {
    fn default() -> Self {
        Self::empty()
    }
}

impl Frontier {
    /// Of a log without entries.
    pub fn empty() -> Self {
        Self { size: 0, peaks: Vec::new() }
    }

    /// Of a log that was stored: `nodes` are the hashes at [`root_positions`]`(size)`, in that order.
    ///
    /// # Errors
    /// [`MerkleError::WrongPeaks`] where their number does not fit the size, [`MerkleError::TooLarge`] where the size
    /// cannot be true. Whether the hashes are right shows when [`root`](Self::root) meets a checkpoint.
    pub fn from_nodes(size: u64, nodes: Vec<Hash>) -> Result<Self, MerkleError> {
        let expected = bounded(size)?.count_ones() as usize;
        if nodes.len() != expected {
            return Err(MerkleError::WrongPeaks { size, expected, given: nodes.len() });
        }
        Ok(Self { size, peaks: nodes })
    }

    /// Reads the frontier of a stored log of that size.
    ///
    /// # Errors
    /// [`MerkleError::MissingNode`] where a node is not there; [`MerkleError::TooLarge`].
    pub fn load(nodes: &impl Nodes, size: u64) -> Result<Self, MerkleError> {
        let peaks = peaks(0..bounded(size)?).map(|at| look_up(nodes, at)).collect::<Result<_, _>>()?;
        Ok(Self { size, peaks })
    }

    /// Adds a leaf and returns every node that it finished: the leaf itself first, then upwards.
    pub fn append(&mut self, leaf: Hash) -> Vec<Node> {
        let merges = self.size.trailing_ones();
        let mut finished = Vec::with_capacity(merges as usize + 1);
        let mut node = Node { level: 0, index: self.size, hash: leaf };
        finished.push(node);
        for _ in 0..merges {
            let Some(left) = self.peaks.pop() else { break };
            node = Node { level: node.level + 1, index: node.index >> 1, hash: node_hash(&left, &node.hash) };
            finished.push(node);
        }
        self.peaks.push(node.hash);
        self.size += 1;
        finished
    }

    /// The root over all entries so far.
    pub fn root(&self) -> Hash {
        fold(self.peaks.iter().rev().copied())
    }

    /// How many entries the log has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The hashes that [`from_nodes`](Self::from_nodes) takes back.
    pub fn nodes(&self) -> &[Hash] {
        &self.peaks
    }
}

/// The root of the first `size` entries.
///
/// # Errors
/// [`MerkleError::MissingNode`], [`MerkleError::TooLarge`].
pub fn root_at(nodes: &impl Nodes, size: u64) -> Result<Hash, MerkleError> {
    hash_of(nodes, 0..bounded(size)?)
}

/// Which nodes [`root_at`] and [`Frontier::from_nodes`] need.
///
/// # Errors
/// [`MerkleError::TooLarge`].
pub fn root_positions(size: u64) -> Result<Vec<Position>, MerkleError> {
    Ok(peaks(0..bounded(size)?).collect())
}

/// Proof that entry `index` is in the log of `size` entries (RFC 6962, section 2.1.1), leaf's sibling first.
///
/// # Errors
/// [`MerkleError::BeyondTheEnd`], [`MerkleError::MissingNode`], [`MerkleError::TooLarge`].
pub fn inclusion_proof(nodes: &impl Nodes, size: u64, index: u64) -> Result<Vec<Hash>, MerkleError> {
    inclusion_ranges(size, index)?.into_iter().map(|range| hash_of(nodes, range)).collect()
}

/// Which nodes [`inclusion_proof`] needs.
///
/// # Errors
/// [`MerkleError::BeyondTheEnd`], [`MerkleError::TooLarge`].
pub fn inclusion_positions(size: u64, index: u64) -> Result<Vec<Position>, MerkleError> {
    Ok(inclusion_ranges(size, index)?.into_iter().flat_map(peaks).collect())
}

/// Proof that the log of `new` entries begins with all of the log of `old` entries (RFC 6962, section 2.1.2).
/// Empty where nothing needs proving: from the empty log, and between equal sizes.
///
/// # Errors
/// [`MerkleError::Shrinks`], [`MerkleError::MissingNode`], [`MerkleError::TooLarge`].
pub fn consistency_proof(nodes: &impl Nodes, old: u64, new: u64) -> Result<Vec<Hash>, MerkleError> {
    consistency_ranges(old, new)?.into_iter().map(|range| hash_of(nodes, range)).collect()
}

/// Which nodes [`consistency_proof`] needs.
///
/// # Errors
/// [`MerkleError::Shrinks`], [`MerkleError::TooLarge`].
pub fn consistency_positions(old: u64, new: u64) -> Result<Vec<Position>, MerkleError> {
    Ok(consistency_ranges(old, new)?.into_iter().flat_map(peaks).collect())
}

/// Whether the proof shows that `leaf` is entry `index` of the log of `size` entries with this root (RFC 9162, section
/// 2.1.3.2, which says in steps what RFC 6962 leaves to the reader).
pub fn verify_inclusion(leaf: Hash, index: u64, size: u64, proof: &[Hash], root: Hash) -> bool {
    if index >= size || proof.len() > MAX_PROOF {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            if at & 1 == 0 {
                let up = at.trailing_zeros().min(63);
                (at, last) = (at >> up, last >> up);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && hash == root
}

/// Whether the proof shows that the log of `new` entries is the log of `old` entries, and more (RFC 9162, section
/// 2.1.4.2).
pub fn verify_consistency(old: u64, old_root: Hash, new: u64, new_root: Hash, proof: &[Hash]) -> bool {
    if old > new || proof.len() > MAX_PROOF {
        return false;
    }
    if old == 0 {
        return proof.is_empty() && old_root == empty_root() && (new > 0 || new_root == old_root);
    }
    if old == new {
        return proof.is_empty() && old_root == new_root;
    }
    let mut steps = proof.iter();
    let up = (old - 1).trailing_ones();
    let (mut at, mut last) = ((old - 1) >> up, (new - 1) >> up);
    // Where the old log is one complete subtree, its root is the start and is left out of the proof.
    let start = if old.is_power_of_two() { Some(&old_root) } else { steps.next() };
    let Some(&start) = start else { return false };
    let (mut then, mut now) = (start, start);
    for step in steps {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            then = node_hash(step, &then);
            now = node_hash(step, &now);
            if at & 1 == 0 {
                let up = at.trailing_zeros().min(63);
                (at, last) = (at >> up, last >> up);
            }
        } else {
            now = node_hash(&now, step);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && then == old_root && now == new_root
}

fn bounded(size: u64) -> Result<u64, MerkleError> {
    if size > MAX_SIZE { Err(MerkleError::TooLarge(size)) } else { Ok(size) }
}

fn look_up(nodes: &impl Nodes, at: Position) -> Result<Hash, MerkleError> {
    nodes.node(at.level, at.index).ok_or(MerkleError::MissingNode { level: at.level, index: at.index })
}

/// Joins peaks, given smallest (rightmost) first, into the hash over all of them.
fn fold(rightmost_first: impl IntoIterator<Item = Hash>) -> Hash {
    rightmost_first.into_iter().reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root)
}

/// The Merkle tree hash over a range that RFC 6962's recursion can reach.
fn hash_of(nodes: &impl Nodes, range: Range<u64>) -> Result<Hash, MerkleError> {
    let peaks = peaks(range).map(|at| look_up(nodes, at)).collect::<Result<Vec<_>, _>>()?;
    Ok(fold(peaks.into_iter().rev()))
}

/// The largest complete subtrees that make up a range, left to right. The range starts at a multiple of every power of
/// two up to its length, as all ranges of RFC 6962's recursion do.
fn peaks(range: Range<u64>) -> impl Iterator<Item = Position> {
    let mut start = range.start;
    std::iter::from_fn(move || {
        let level = (range.end - start).checked_ilog2()? as u8;
        let at = Position { level, index: start >> level };
        start += 1 << level;
        Some(at)
    })
}

/// RFC 6962's `k`: the largest power of two smaller than the length of a range of two or more.
fn split(range: &Range<u64>) -> u64 {
    range.start + (1 << (range.end - range.start - 1).ilog2())
}

/// The subtrees beside the path from the root to a leaf, nearest to the leaf first.
fn inclusion_ranges(size: u64, index: u64) -> Result<Vec<Range<u64>>, MerkleError> {
    if index >= bounded(size)? {
        return Err(MerkleError::BeyondTheEnd { index, size });
    }
    let mut beside = Vec::new();
    let mut range = 0..size;
    while range.end - range.start > 1 {
        let middle = split(&range);
        if index < middle {
            beside.push(middle..range.end);
            range.end = middle;
        } else {
            beside.push(range.start..middle);
            range.start = middle;
        }
    }
    beside.reverse();
    Ok(beside)
}

/// The subtrees from which both roots can be made, in RFC 6962's order.
fn consistency_ranges(old: u64, new: u64) -> Result<Vec<Range<u64>>, MerkleError> {
    if old > bounded(new)? {
        return Err(MerkleError::Shrinks { old, new });
    }
    let mut beside = Vec::new();
    if old == 0 {
        return Ok(beside);
    }
    let mut range = 0..new;
    while range.end > old {
        let middle = split(&range);
        if old <= middle {
            beside.push(middle..range.end);
            range.end = middle;
        } else {
            beside.push(range.start..middle);
            range.start = middle;
        }
    }
    // The old log itself, unless the verifier has its root already.
    if range.start > 0 {
        beside.push(range);
    }
    beside.reverse();
    Ok(beside)
}

#[cfg(test)]
mod tests;
