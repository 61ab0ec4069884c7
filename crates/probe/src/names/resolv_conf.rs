//! The resolver's configuration (`resolv.conf(5)`).

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV6};

/// `MAXNS`: the C library uses no more name servers.
const MAX_SERVERS: usize = 3;

/// The most suffixes that are tried. The C library has no limit since 2.26.
const MAX_SEARCH: usize = 6;

/// Where names are asked for, and with which suffixes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolverConfig {
    /// Name servers, at most 3, each with port 53.
    pub servers: Vec<SocketAddr>,
    /// Suffixes for short names.
    pub search: Vec<String>,
    /// Dots from which on a name is tried as it is first.
    pub ndots: usize,
}

impl ResolverConfig {
    /// Reads the text of a resolv.conf. Of `search` and `domain` lines the last counts. Without a name server the
    /// local machine is asked, as `resolv.conf(5)` says.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut config = Self {
            servers: Vec::new(),
            search: Vec::new(),
            ndots: 1,
        };
        for line in text.lines() {
            let line = line.split(['#', ';']).next().unwrap_or_default();
            let mut words = line.split_whitespace();
            match words.next() {
                Some("nameserver") => {
                    let server = words.next().and_then(server);
                    if let Some(server) = server
                        && config.servers.len() < MAX_SERVERS
                    {
                        config.servers.push(server);
                    }
                }
                Some("search") => {
                    config.search = words.take(MAX_SEARCH).map(str::to_owned).collect();
                }
                Some("domain") => config.search = words.take(1).map(str::to_owned).collect(),
                Some("options") => {
                    let mut ndots =
                        words.filter_map(|word| word.strip_prefix("ndots:")?.parse().ok());
                    config.ndots = ndots.next_back().unwrap_or(config.ndots).min(15);
                }
                _ => {}
            }
        }
        if config.servers.is_empty() {
            config
                .servers
                .push(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 53));
        }
        config
    }

    /// The names to ask for, in the order of the C library.
    #[must_use]
    pub fn candidates(&self, name: &str) -> Vec<String> {
        if name.ends_with('.') {
            return vec![name.to_owned()];
        }
        let absolute = format!("{name}.");
        let mut names: Vec<String> = self
            .search
            .iter()
            .map(|suffix| suffix.trim_matches('.'))
            .filter(|suffix| !suffix.is_empty())
            .map(|suffix| format!("{name}.{suffix}."))
            .collect();
        if name.matches('.').count() >= self.ndots {
            names.insert(0, absolute);
        } else {
            names.push(absolute);
        }
        names
    }
}

fn server(word: &str) -> Option<SocketAddr> {
    if let Ok(address) = word.parse::<IpAddr>() {
        return Some(SocketAddr::new(address, 53));
    }
    let (address, scope) = word.split_once('%')?;
    let scope = scope
        .parse()
        .ok()
        .or_else(|| nix::net::if_::if_nametoindex(scope).ok())?;
    let address = SocketAddrV6::new(address.parse().ok()?, 53, 0, scope);
    Some(SocketAddr::V6(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_suffixes_and_options_are_read() {
        let config = ResolverConfig::parse(
            "; old\nnameserver 192.0.2.53 # first\nnameserver nonsense\nnameserver fe80::53%1\n\
             nameserver 2001:db8::53\nnameserver 192.0.2.54\ndomain x\nsearch a.example. b.example\noptions rotate ndots:2\n",
        );
        assert_eq!(config.servers.len(), 3);
        assert_eq!(config.servers[1].to_string(), "[fe80::53%1]:53");
        assert_eq!(
            config.candidates("web1.c"),
            ["web1.c.a.example.", "web1.c.b.example.", "web1.c."]
        );
        assert_eq!(config.candidates("web1.c.d")[0], "web1.c.d.");
        assert_eq!(config.candidates("web1."), ["web1."]);
    }

    #[test]
    fn without_a_server_the_local_machine_is_asked() {
        assert_eq!(
            ResolverConfig::parse("").servers[0].to_string(),
            "127.0.0.1:53"
        );
    }
}
