//! Rust's source as Debian's package `rust-src`, fetched and unpacked without installing anything.
//!
//! apt looks for it first among the sources of this machine; then, with lists of our own in the cache, in those suites
//! of the same mirrors that carry newer versions of Rust. Signatures are checked as apt checks them.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    process::{self, Command},
    time::Duration,
};

use crate::{
    Say,
    bounded::{self, Ended},
    environment,
    standard::{reason, why_unended},
};

/// How long apt may take to read what it has on disk.
const READING_LIMIT: Duration = Duration::from_secs(30);

/// How long lists (10 MB at most) and the package (45 MB) may take each, on a slow line.
const FETCHING_LIMIT: Duration = Duration::from_secs(180);

/// How long unpacking 400 MB may take.
const UNPACKING_LIMIT: Duration = Duration::from_secs(120);

/// Suites that carry a newer Rust than a release does. The backports come first: several versions stay in it, and its
/// lists are small.
const SUITES: [&str; 3] = ["trixie-backports", "forky", "sid"];

/// The mirror that is asked when none of the machine's own sources is one of Debian.
const PUBLIC_MIRROR: &str = "http://deb.debian.org/debian";

/// What Debian signs its suites with, as Debian and Ubuntu install it.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Puts the `library` folder of Rust `release` to `library`, or says in a few words why not.
pub(crate) fn fetch(release: &str, cache: &Path, library: &Path, say: Say<'_>) -> Result<(), String> {
    let place = Place::new(cache).map_err(|error| format!("the cache folder could not be written: {error}"))?;
    let options = place.apt(release, say)?;
    place.unpack(release, &options, library, say)
}

/// A folder of this one attempt, removed afterwards: two builds may fetch at the same time.
struct Place(PathBuf);

/// A version of the package, and the options with which apt finds it.
struct Found {
    version: String,
    options: Vec<String>,
}

impl Place {
    fn new(cache: &Path) -> io::Result<Self> {
        let folder = cache.join(format!("fetching-{}", process::id()));
        for inner in ["lists/partial", "archives/partial", "unpacked"] {
            fs::create_dir_all(folder.join(inner))?;
        }
        Ok(Self(folder))
    }

    /// Looks in the machine's own sources, then in the suites that carry newer versions.
    fn apt(&self, release: &str, say: Say<'_>) -> Result<Found, String> {
        if let Some(version) = self.offered(release, &[])? {
            return Ok(Found { version, options: Vec::new() });
        }
        let sites =
            run(Command::new("apt-get").args(["indextargets", "--format", "$(SITE)"]), READING_LIMIT, &mut |_| ())?;
        let mut why = String::new();
        for mirror in mirrors(&sites.stdout) {
            for suite in SUITES {
                say(&format!("looking for rust-src {release} in {suite} at {mirror}"));
                let options =
                    self.options(&mirror, suite).map_err(|error| format!("lists could not be written: {error}"))?;
                match run(apt("apt-get", &options).arg("update"), FETCHING_LIMIT, &mut |_| ()) {
                    Ok(_) => match self.offered(release, &options)? {
                        Some(version) => return Ok(Found { version, options }),
                        None => why = format!("no mirror of Debian has rust-src {release}"),
                    },
                    Err(because) => why = format!("{mirror} was asked for {suite} in vain: {because}"),
                }
            }
        }
        Err(why)
    }

    /// The version of the package that belongs to this compiler, if these sources have it.
    fn offered(&self, release: &str, options: &[String]) -> Result<Option<String>, String> {
        let said = run(apt("apt-cache", options).args(["madison", "rust-src"]), READING_LIMIT, &mut |_| ())?;
        Ok(version_of(release, &said.stdout))
    }

    /// Options that make apt use one suite of one mirror, with its lists and its cache in our folder.
    fn options(&self, mirror: &str, suite: &str) -> io::Result<Vec<String>> {
        let list = self.0.join("debian.list");
        fs::write(&list, format!("deb [signed-by={KEYRING}] {mirror} {suite} main\n"))?;
        Ok(vec![
            format!("Dir::Etc::SourceList={}", list.display()),
            "Dir::Etc::SourceParts=/dev/null".to_owned(),
            format!("Dir::State::Lists={}", self.0.join("lists").display()),
            format!("Dir::Cache={}", self.0.display()),
            "Acquire::Languages=none".to_owned(),
            "Acquire::Retries=1".to_owned(),
            "Acquire::http::Timeout=20".to_owned(),
            "Acquire::https::Timeout=20".to_owned(),
            // A failure to reach the mirror is an error here, not a warning.
            "APT::Update::Error-Mode=any".to_owned(),
        ])
    }

    fn unpack(&self, release: &str, found: &Found, library: &Path, say: Say<'_>) -> Result<(), String> {
        say(&format!("fetching rust-src {} (45 MB)", found.version));
        let mut download = apt("apt-get", &found.options);
        download.arg("download").arg(format!("rust-src={}", found.version)).current_dir(&self.0);
        run(&mut download, FETCHING_LIMIT, &mut |_| ())?;
        let package = fs::read_dir(&self.0)
            .ok()
            .and_then(|entries| {
                entries.flatten().map(|entry| entry.path()).find(|path| path.extension().is_some_and(|e| e == "deb"))
            })
            .ok_or("apt downloaded no package")?;
        let unpacked = self.0.join("unpacked");
        run(Command::new("dpkg-deb").arg("-x").arg(&package).arg(&unpacked), UNPACKING_LIMIT, &mut |_| ())?;

        let inside = unpacked.join(format!("usr/src/rustc-{release}/library"));
        let moved = library.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::rename(&inside, library));
        match moved {
            Ok(()) => Ok(()),
            Err(_) if library.is_dir() => Ok(()), // another build was faster
            Err(error) => Err(format!("{} could not be put into the cache: {error}", inside.display())),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // what stays behind costs space and nothing else
    }
}

fn apt(program: &str, options: &[String]) -> Command {
    let mut command = Command::new(program);
    command.arg("-q");
    for option in options {
        command.args(["-o", option]);
    }
    command
}

/// Runs a program of Debian's that must succeed.
fn run(command: &mut Command, limit: Duration, say: Say<'_>) -> Result<Ended, String> {
    environment::clean(command);
    command.env("LC_ALL", "C");
    let program = command.get_program().to_string_lossy().into_owned();
    let ended = bounded::run(command, limit, say).map_err(|unended| why_unended(&program, &unended))?;
    if ended.status.success() { Ok(ended) } else { Err(format!("{program} failed: {}", reason(&ended.stderr))) }
}

/// The Debian version that packages exactly this release, from a line such as
/// `rust-src | 1.95.0+dfsg1-2~bpo13+1 | http://deb.debian.org/debian trixie-backports/main amd64 Packages`.
fn version_of(release: &str, madison: &str) -> Option<String> {
    madison.lines().filter_map(|line| line.split('|').nth(1)).map(str::trim).find_map(|version| {
        let of_package = version.strip_prefix(release)?;
        of_package.starts_with(['+', '-', '~']).then(|| version.to_owned())
    })
}

/// The mirrors of Debian proper among the machine's sources, and the public one last.
fn mirrors(sites: &str) -> Vec<String> {
    let own: BTreeSet<&str> =
        sites.lines().map(|site| site.trim().trim_end_matches('/')).filter(|site| site.ends_with("/debian")).collect();
    let public = (!own.contains(PUBLIC_MIRROR)).then_some(PUBLIC_MIRROR);
    own.iter().copied().chain(public).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MADISON: &str =
        "  rust-src | 1.96.1+dfsg1-2~bpo13+1 | http://deb.debian.org/debian trixie-backports/main amd64 Packages
  rust-src | 1.95.0+dfsg1-2~bpo13+1 | http://deb.debian.org/debian trixie-backports/main amd64 Packages";

    #[test]
    fn only_the_package_of_exactly_this_compiler_is_taken() {
        assert_eq!(version_of("1.95.0", MADISON).as_deref(), Some("1.95.0+dfsg1-2~bpo13+1"));
        assert_eq!(version_of("1.95", MADISON), None);
        assert_eq!(version_of("1.94.1", MADISON), None);
        assert_eq!(version_of("1.95.0", ""), None);
    }

    #[test]
    fn the_machines_own_mirror_is_asked_before_the_public_one() {
        let sites = "https://mirror.example.vn/debian/\nhttps://mirror.example.vn/debian\nhttps://mirror.example.vn/debian-security\n";
        assert_eq!(mirrors(sites), ["https://mirror.example.vn/debian", PUBLIC_MIRROR]);
    }

    #[test]
    fn without_a_mirror_among_the_sources_the_public_one_is_asked() {
        assert_eq!(mirrors("http://archive.ubuntu.com/ubuntu\n"), [PUBLIC_MIRROR]);
        assert_eq!(mirrors(PUBLIC_MIRROR), [PUBLIC_MIRROR]);
    }
}
