//! What fuzzing found worth keeping, once more through the same parsers: what was mended stays mended.

use std::collections::BTreeSet;
use std::path::PathBuf;

use pilothouse_hostile::PARSERS;
use pilothouse_identity::PersonalNumber;

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus")
}

#[test]
fn every_kept_input_of_every_parser_is_met_again() {
    for parser in PARSERS {
        let folder = std::fs::read_dir(corpus().join(parser.name)).unwrap();
        let files: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
        assert!(files.len() >= (parser.seeds)().len(), "{} has lost its corpus", parser.name);
        for file in files {
            // The name of an input that fails stands in the output; the input may not be fit to be printed.
            println!("{}", file.display());
            (parser.meet)(&std::fs::read(&file).unwrap());
        }
    }
}

#[test]
fn a_genuine_input_of_every_parser_is_met() {
    for parser in PARSERS {
        let seeds = (parser.seeds)();
        assert!(!seeds.is_empty(), "{}", parser.name);
        for seed in seeds {
            (parser.meet)(&seed);
        }
    }
}

#[test]
fn each_parser_has_a_fuzz_target_and_each_target_and_corpus_a_parser() {
    let parsers: BTreeSet<String> = PARSERS.iter().map(|parser| parser.name.to_owned()).collect();
    let names = |folder: PathBuf| -> BTreeSet<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(corpus().join("../fuzz_targets")), parsers);
    assert_eq!(names(corpus()), parsers);
    let manifest = std::fs::read_to_string(corpus().join("../Cargo.toml")).unwrap();
    for parser in &parsers {
        assert!(manifest.contains(&format!("\"fuzz_targets/{parser}.rs\"")), "{parser} is not in the manifest");
    }
}

#[test]
fn no_kept_input_holds_a_number_that_could_be_somebodys() {
    for parser in PARSERS {
        for entry in std::fs::read_dir(corpus().join(parser.name)).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            // With its `Z`, a certificate's time is no number, and with its hyphens the end of an id is none.
            for digits in bytes.split(|byte| !byte.is_ascii_digit() && !b"Z-".contains(byte)) {
                let number = PersonalNumber::parse(&String::from_utf8_lossy(digits));
                assert!(number.map_or(true, |number| number.is_synthetic()), "{}: leave it out", path.display());
            }
        }
    }
}
