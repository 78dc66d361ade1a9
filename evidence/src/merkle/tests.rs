//! The tree against RFC 6962's known vectors and against `ct-merkle`.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;

use super::*;

/// The leaves of the vectors that Certificate Transparency logs test with.
const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

/// The root after each of them.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

type Tree = (Frontier, HashMap<Position, Hash>);

fn tree(entries: &[Vec<u8>]) -> Tree {
    let (mut frontier, mut nodes) = (Frontier::empty(), HashMap::new());
    for entry in entries {
        for Node { level, index, hash } in frontier.append(leaf_hash(entry)) {
            assert!(nodes.insert(Position { level, index }, hash).is_none(), "a node is finished once");
        }
    }
    (frontier, nodes)
}

fn known() -> Vec<Vec<u8>> {
    LEAVES.iter().map(|leaf| hex::decode(leaf).unwrap()).collect()
}

fn hashes(hex_digits: &[&str]) -> Vec<Hash> {
    hex_digits.iter().map(|text| hex::decode(text).unwrap().try_into().unwrap()).collect()
}

#[test]
fn the_empty_log_has_the_hash_of_nothing() {
    let expected = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(hex::encode(Frontier::empty().root()), expected);
    assert_eq!(hex::encode(leaf_hash(b"")), ROOTS[0]);
}

#[test]
fn roots_are_those_of_the_known_vectors() {
    let (mut frontier, (_, nodes)) = (Frontier::empty(), tree(&known()));
    for (size, (leaf, root)) in (1..).zip(known().iter().zip(ROOTS)) {
        frontier.append(leaf_hash(leaf));
        assert_eq!(hex::encode(frontier.root()), root);
        assert_eq!(hex::encode(root_at(&nodes, size).unwrap()), root);
    }
}

#[test]
fn proofs_are_those_of_the_known_vectors() {
    let (_, nodes) = tree(&known());
    let included = hashes(&[
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]);
    assert_eq!(inclusion_proof(&nodes, 8, 5).unwrap(), included);
    let grown = hashes(&[
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]);
    assert_eq!(consistency_proof(&nodes, 6, 8).unwrap(), grown);
}

#[test]
fn a_node_that_is_gone_is_named() {
    let (_, mut nodes) = tree(&known());
    nodes.remove(&Position { level: 2, index: 0 });
    assert_eq!(root_at(&nodes, 7), Err(MerkleError::MissingNode { level: 2, index: 0 }));
    assert_eq!(inclusion_proof(&nodes, 8, 5), Err(MerkleError::MissingNode { level: 2, index: 0 }));
}

#[test]
fn sizes_that_cannot_be_are_refused() {
    let (frontier, nodes) = tree(&known());
    assert_eq!(inclusion_proof(&nodes, 8, 8), Err(MerkleError::BeyondTheEnd { index: 8, size: 8 }));
    assert_eq!(consistency_proof(&nodes, 8, 7), Err(MerkleError::Shrinks { old: 8, new: 7 }));
    assert_eq!(root_positions(u64::MAX), Err(MerkleError::TooLarge(u64::MAX)));
    assert_eq!(inclusion_positions(u64::MAX, 3), Err(MerkleError::TooLarge(u64::MAX)));
    assert_eq!(
        Frontier::from_nodes(7, frontier.nodes().to_vec()),
        Err(MerkleError::WrongPeaks { size: 7, expected: 3, given: 1 })
    );
    assert!(!verify_inclusion([0; 32], u64::MAX - 1, u64::MAX, &vec![[0; 32]; MAX_PROOF + 1], [0; 32]));
}

proptest! {
    #[test]
    fn roots_and_proofs_agree_with_an_independent_tree(
        entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..8), 1..70),
        pick in any::<prop::sample::Index>(),
    ) {
        let (frontier, nodes) = tree(&entries);
        let mut reference = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        let chosen = pick.index(entries.len());
        let mut old_root = None;
        for (i, entry) in entries.iter().enumerate() {
            reference.push(entry.clone());
            if i == chosen {
                old_root = Some(reference.root());
            }
        }
        let (size, index, old) = (entries.len() as u64, chosen as u64, chosen as u64 + 1);
        let root: Hash = reference.root().as_bytes().as_slice().try_into().unwrap();
        let old_root: Hash = old_root.unwrap().as_bytes().as_slice().try_into().unwrap();
        prop_assert_eq!(frontier.root(), root);
        prop_assert_eq!(root_at(&nodes, size).unwrap(), root);
        prop_assert_eq!(root_at(&nodes, old).unwrap(), old_root);
        prop_assert_eq!(&Frontier::load(&nodes, size).unwrap(), &frontier);

        let proof = inclusion_proof(&nodes, size, index).unwrap();
        let theirs = reference.prove_inclusion(chosen);
        prop_assert_eq!(proof.concat(), theirs.as_bytes());
        prop_assert!(verify_inclusion(leaf_hash(&entries[chosen]), index, size, &proof, root));

        let grown = consistency_proof(&nodes, old, size).unwrap();
        if old < size {
            let theirs = reference.prove_consistency((size - old) as usize);
            prop_assert_eq!(grown.concat(), theirs.as_bytes());
        }
        prop_assert!(verify_consistency(old, old_root, size, root, &grown));

        // The positions named beforehand are enough for the proofs.
        let only = |positions: Vec<Position>| -> BTreeMap<Position, Hash> {
            positions.into_iter().map(|at| (at, nodes[&at])).collect()
        };
        prop_assert_eq!(inclusion_proof(&only(inclusion_positions(size, index).unwrap()), size, index).unwrap(), proof);
        prop_assert_eq!(consistency_proof(&only(consistency_positions(old, size).unwrap()), old, size).unwrap(), grown);
        prop_assert_eq!(root_at(&only(root_positions(size).unwrap()), size).unwrap(), root);
    }

    #[test]
    fn a_changed_proof_proves_nothing(
        size in 2_u64..80, pick in any::<prop::sample::Index>(), bit in 0_u8..8, byte in any::<prop::sample::Index>(),
    ) {
        let entries: Vec<Vec<u8>> = (0..size).map(|i| i.to_be_bytes().to_vec()).collect();
        let (frontier, nodes) = tree(&entries);
        let index = pick.index(size as usize);
        let (leaf, root) = (leaf_hash(&entries[index]), frontier.root());
        let proof = inclusion_proof(&nodes, size, index as u64).unwrap();

        let mut flat = proof.concat();
        let at = byte.index(flat.len());
        flat[at] ^= 1 << bit;
        let flipped: Vec<Hash> = flat.chunks_exact(32).map(|hash| hash.try_into().unwrap()).collect();
        prop_assert!(!verify_inclusion(leaf, index as u64, size, &flipped, root));
        prop_assert!(!verify_inclusion(leaf, index as u64, size, &proof[1..], root));
        prop_assert!(!verify_inclusion(leaf, index as u64, size, &[&proof[..], &[root]].concat(), root));
        prop_assert!(!verify_inclusion(leaf, (index as u64 + 1) % size, size, &proof, root));

        let old = index as u64 + 1;
        if old < size {
            let old_root = root_at(&nodes, old).unwrap();
            let grown = consistency_proof(&nodes, old, size).unwrap();
            prop_assert!(!verify_consistency(old, leaf_hash(b"another"), size, root, &grown));
            prop_assert!(!verify_consistency(old, old_root, size, old_root, &grown));
            prop_assert!(!verify_consistency(old, old_root, size, root, &grown[1..]));
            prop_assert!(!verify_consistency(old, old_root, size, root, &[&grown[..], &[root]].concat()));
        }
    }
}
