//! Where effects go in a demonstration: the police desk, the desks on duty, people's inbox, the carrier of messages. Each stands outside of
//! the host's database, in a folder of its own, and has each thing once, by its key.

use std::fs;
use std::marker::PhantomData;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};

use pilothouse_registry::files::{create_whole, remove_unfinished, write_whole};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::HouseError;

/// How an embedded receiver behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum DeskMode {
    /// Takes what comes.
    Up,
    /// Does not answer.
    Down,
    /// Answers, and rejects everything with a code.
    Rejecting,
}

/// What a receiver said.
pub(super) enum Received {
    Accepted,
    Rejected(&'static str),
    NoAnswer,
}

/// The folder of one receiver, one file a thing.
pub(crate) struct Mailbox<T> {
    dir: PathBuf,
    mode: AtomicU8,
    holds: PhantomData<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned> Mailbox<T> {
    pub(super) fn open(dir: PathBuf) -> Result<Mailbox<T>, HouseError> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&dir)
            .and_then(|()| remove_unfinished(&dir))
            .map_err(|source| HouseError::File { path: dir.display().to_string(), source })?;
        Ok(Mailbox { dir, mode: AtomicU8::new(DeskMode::Up as u8), holds: PhantomData })
    }

    pub(super) fn mode(&self) -> DeskMode {
        match self.mode.load(Ordering::Relaxed) {
            1 => DeskMode::Down,
            2 => DeskMode::Rejecting,
            _ => DeskMode::Up,
        }
    }

    pub(super) fn set_mode(&self, mode: DeskMode) {
        self.mode.store(mode as u8, Ordering::Relaxed);
    }

    pub(super) fn receive(&self, key: &str, thing: &T) -> Received {
        match self.mode() {
            DeskMode::Down => return Received::NoAnswer,
            DeskMode::Rejecting => return Received::Rejected("desk-refuses"),
            DeskMode::Up => {}
        }
        let (Some(path), Ok(text)) = (self.path(key), serde_json::to_vec(thing)) else {
            return Received::Rejected("malformed");
        };
        match create_whole(&path, &text) {
            Ok(()) => Received::Accepted,
            // It came before, and the answer was lost: the receiver has it once all the same. What cannot be read it does not have: a
            // file from before files were written whole.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                match self.find(key).map_or_else(|| write_whole(&path, &text), |_| Ok(())) {
                    Ok(()) => Received::Accepted,
                    Err(_) => Received::NoAnswer,
                }
            }
            Err(_) => Received::NoAnswer,
        }
    }

    pub(super) fn find(&self, key: &str) -> Option<T> {
        serde_json::from_slice(&fs::read(self.path(key)?).ok()?).ok()
    }

    /// All that it has, in no order.
    pub(super) fn all(&self) -> Vec<T> {
        let files = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        files.filter_map(|file| serde_json::from_slice(&fs::read(file.path()).ok()?).ok()).collect()
    }

    /// A key is what the outbox made of a natural key: hexadecimal. Anything else names no file.
    fn path(&self, key: &str) -> Option<PathBuf> {
        let plain = !key.is_empty() && key.len() <= 128 && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        plain.then(|| self.dir.join(format!("{key}.json")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_that_comes_twice_is_there_once() {
        let folder = tempfile::tempdir().unwrap();
        let box_: Mailbox<String> = Mailbox::open(folder.path().join("desk")).unwrap();
        for _ in 0..2 {
            assert!(matches!(box_.receive("a1", &"one".to_owned()), Received::Accepted));
        }
        assert_eq!(box_.all(), ["one"]);
        assert_eq!(box_.find("a1").as_deref(), Some("one"));
    }

    #[test]
    fn a_thing_that_is_not_whole_is_not_had_and_comes_again() {
        let folder = tempfile::tempdir().unwrap();
        let box_: Mailbox<String> = Mailbox::open(folder.path().join("desk")).unwrap();
        // What a kill or a full disk left of a file that was written in place.
        for half in ["", "\"on"] {
            fs::write(folder.path().join("desk/a1.json"), half).unwrap();
            assert_eq!(box_.find("a1"), None);
            assert!(matches!(box_.receive("a1", &"one".to_owned()), Received::Accepted));
            assert_eq!(box_.find("a1").as_deref(), Some("one"));
        }
    }

    #[test]
    fn a_thing_for_which_there_is_no_room_is_not_accepted() {
        let folder = tempfile::tempdir().unwrap();
        let box_: Mailbox<String> = Mailbox::open(folder.path().join("desk")).unwrap();
        fs::remove_dir_all(folder.path().join("desk")).unwrap();
        assert!(matches!(box_.receive("a1", &"one".to_owned()), Received::NoAnswer));
        assert_eq!(box_.find("a1"), None);
    }

    #[test]
    fn a_key_that_is_a_path_names_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let box_: Mailbox<String> = Mailbox::open(folder.path().join("desk")).unwrap();
        for key in ["../keys/secret", "", "a/b", "a.json"] {
            assert!(matches!(box_.receive(key, &"x".to_owned()), Received::Rejected(_)), "{key}");
            assert_eq!(box_.find(key), None);
        }
    }

    #[test]
    fn a_receiver_that_is_down_or_rejects_keeps_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let box_: Mailbox<String> = Mailbox::open(folder.path().join("desk")).unwrap();
        box_.set_mode(DeskMode::Down);
        assert!(matches!(box_.receive("a", &"x".to_owned()), Received::NoAnswer));
        box_.set_mode(DeskMode::Rejecting);
        assert!(matches!(box_.receive("a", &"x".to_owned()), Received::Rejected(_)));
        assert!(box_.all().is_empty());
    }
}
