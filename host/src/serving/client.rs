//! Who asks: the address of a connection, or the one that a declared proxy names; and whether the way to there was secret.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::HeaderMap;
use ipnet::IpNet;

/// The proxies that stand in front of this host. What anybody else says of an address or a scheme is not believed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proxies(Arc<[IpNet]>);

/// A proxy's address or network, as the command line and the file write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Proxy(IpNet);

/// Why a text is no proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("give the proxy's address or network, such as 10.0.0.5 or 10.0.0.0/28")]
pub(crate) struct NoProxy;

impl std::str::FromStr for Proxy {
    type Err = NoProxy;

    fn from_str(text: &str) -> Result<Self, NoProxy> {
        let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        net.map(|net| Proxy(net.trunc())).map_err(|_| NoProxy)
    }
}

impl<'de> serde::Deserialize<'de> for Proxy {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl FromIterator<Proxy> for Proxies {
    fn from_iter<T: IntoIterator<Item = Proxy>>(proxies: T) -> Self {
        Proxies(proxies.into_iter().map(|Proxy(net)| net).collect())
    }
}

/// The client of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    /// Its address: what limits are counted under.
    pub(crate) address: IpAddr,
    /// Whether nobody on the way could read it: TLS here, or at a declared proxy.
    pub(crate) is_https: bool,
}

impl Proxies {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn has(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|net| net.contains(&address))
    }

    /// Whose request this is that came over a connection of `peer`.
    pub(crate) fn client(&self, peer: IpAddr, is_tls: bool, headers: &HeaderMap) -> Client {
        let peer = peer.to_canonical();
        if !self.has(peer) {
            return Client { address: peer, is_https: is_tls };
        }
        let named = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let named: Vec<&str> = named.flat_map(|value| value.split(',')).map(str::trim).collect();
        // Each proxy adds whom it saw at the end: the last one that is no proxy of ours is the client. What stands before it
        // is the client's own word.
        let mut address = peer;
        for one in named.into_iter().rev() {
            let Ok(one) = one.parse::<IpAddr>() else { break };
            address = one.to_canonical();
            if !self.has(address) {
                break;
            }
        }
        let mut schemes = headers.get_all("x-forwarded-proto").iter();
        let is_https = schemes.next().is_some_and(|scheme| scheme.as_bytes().eq_ignore_ascii_case(b"https"));
        Client { address, is_https: is_tls || is_https && schemes.next().is_none() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies() -> Proxies {
        ["10.0.0.5", "10.1.0.0/16"].into_iter().map(|text| text.parse().unwrap()).collect()
    }

    fn client(peer: &str, fields: &[(&'static str, &str)]) -> Client {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, value.parse().unwrap());
        }
        proxies().client(peer.parse().unwrap(), false, &headers)
    }

    #[test]
    fn only_a_declared_proxy_says_whose_request_it_is_and_that_it_was_secret() {
        let fields = [("x-forwarded-for", "203.0.113.7"), ("x-forwarded-proto", "https")];
        let direct = client("192.0.2.1", &fields);
        assert_eq!(direct, Client { address: "192.0.2.1".parse().unwrap(), is_https: false });
        let behind = client("10.0.0.5", &fields);
        assert_eq!(behind, Client { address: "203.0.113.7".parse().unwrap(), is_https: true });
        assert_eq!(client("::ffff:10.0.0.5", &fields), behind);
    }

    #[test]
    fn the_last_address_that_no_proxy_of_ours_has_is_the_client_s() {
        let of = |named: &str| client("10.0.0.5", &[("x-forwarded-for", named)]).address.to_string();
        assert_eq!(of("1.1.1.1, 203.0.113.7"), "203.0.113.7");
        assert_eq!(of("1.1.1.1, 203.0.113.7, 10.1.2.3"), "203.0.113.7");
        assert_eq!(of("10.1.2.3"), "10.1.2.3");
        for nothing in ["", "unknown", "203.0.113.7, _hidden", "203.0.113.7:80"] {
            assert_eq!(of(nothing), "10.0.0.5", "{nothing}");
        }
        let two = client("10.0.0.5", &[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "203.0.113.7")]);
        assert_eq!(two.address.to_string(), "203.0.113.7");
        let torn = client("10.0.0.5", &[("x-forwarded-proto", "https"), ("x-forwarded-proto", "http")]);
        assert!(!torn.is_https);
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network() {
        for text in ["10.0.0.5", "10.0.0.0/28", "2001:db8::/64"] {
            assert!(text.parse::<Proxy>().is_ok(), "{text}");
        }
        for text in ["", "proxy.example", "10.0.0.0/33", "10.0.0.5:80"] {
            assert_eq!(text.parse::<Proxy>(), Err(NoProxy), "{text}");
        }
    }
}
