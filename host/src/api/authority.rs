//! The names under which this host is reached: a device's signature is for one of them, and is nothing at another host.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use axum::http::uri;

/// Ports that an address need not name: a proxy in front may speak either scheme.
const DEFAULT_PORTS: [u16; 2] = [80, 443];

/// A host name or address and its port, in one spelling.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Authority {
    host: String,
    /// None for the port that a scheme has anyway.
    port: Option<u16>,
}

/// Why a text is no authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("give a name as HOST or HOST:PORT, such as pilots.example or 192.0.2.1:8179")]
pub struct NoAuthority;

impl FromStr for Authority {
    type Err = NoAuthority;

    fn from_str(text: &str) -> Result<Self, NoAuthority> {
        let parsed: uri::Authority = text.parse().map_err(|_| NoAuthority)?;
        // `name@host` is a way to show another host than the one that is meant; `host:` has no port and looks as if it had.
        if text.contains('@') || text.ends_with(':') || parsed.host().is_empty() {
            return Err(NoAuthority);
        }
        let has_port = parsed.as_str().len() > parsed.host().len();
        let port = parsed.port_u16();
        if has_port && port.is_none() {
            return Err(NoAuthority);
        }
        let port = port.filter(|port| !DEFAULT_PORTS.contains(port));
        Ok(Authority { host: parsed.host().to_ascii_lowercase(), port })
    }
}

impl<'de> serde::Deserialize<'de> for Authority {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Authority {
    /// The name, in small letters.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Whether its port is one that a scheme has anyway.
    pub(super) fn has_default_port(&self) -> bool {
        self.port.is_none()
    }

    fn of(host: String, port: u16) -> Authority {
        Authority { host, port: Some(port).filter(|port| !DEFAULT_PORTS.contains(port)) }
    }
}

/// All names of this host.
#[derive(Debug, Clone, Default)]
pub struct Authorities(HashSet<Authority>);

impl Authorities {
    /// The names that the operator gave, and those that lead here from this machine: of every address that is listened on.
    pub fn new(listens: &[SocketAddr], named: Vec<Authority>) -> Authorities {
        let mut names: HashSet<Authority> = named.into_iter().collect();
        for address in listens {
            for host in ["localhost", "127.0.0.1", "[::1]"] {
                names.insert(Authority::of(host.to_owned(), address.port()));
            }
            if !address.ip().is_unspecified() {
                let host = match address.ip() {
                    IpAddr::V4(v4) => v4.to_string(),
                    IpAddr::V6(v6) => format!("[{v6}]"),
                };
                names.insert(Authority::of(host, address.port()));
            }
        }
        Authorities(names)
    }

    /// Whether this is a name of this host.
    pub fn has(&self, authority: &Authority) -> bool {
        self.0.contains(authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_the_default_port_make_no_other_name() {
        let one: Authority = "dat.example".parse().unwrap();
        for same in ["DAT.Example", "dat.example:80", "dat.example:443"] {
            assert_eq!(same.parse(), Ok(one.clone()), "{same}");
        }
        assert_ne!("dat.example:8179".parse(), Ok(one));
        for bad in ["", "a b", "user@dat.example", "dat.example:", "dat.example:x", "dat.example:99999", "a/b"] {
            assert_eq!(bad.parse::<Authority>(), Err(NoAuthority), "{bad}");
        }
    }

    #[test]
    fn a_host_has_the_names_of_its_listener_and_those_that_it_was_given() {
        let listens = ["192.0.2.1:8179".parse().unwrap(), "[::]:443".parse().unwrap()];
        let names = Authorities::new(&listens, vec!["pilots.example".parse().unwrap()]);
        for own in ["192.0.2.1:8179", "LOCALHOST:8179", "localhost", "[::1]:8179", "pilots.example:443"] {
            assert!(names.has(&own.parse().unwrap()), "{own}");
        }
        for other in ["192.0.2.1", "evil.example", "localhost:8180", "pilots.example:8179"] {
            assert!(!names.has(&other.parse().unwrap()), "{other}");
        }
    }
}
