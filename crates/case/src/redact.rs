//! A case fit to be shown to others.
//!
//! Every structure is taken apart whole, so that a field added later does not compile until someone has decided whether
//! it is private. Ports, times, algorithms, versions and results stay: without them there is nothing to diagnose.

mod client;
mod facts;
mod free_text;
mod packet_filter;
mod pseudonyms;
mod server;

use serde::de::{Deserialize as _, IntoDeserializer as _, value::Error};

use crate::{Case, Destination, Observation, Received, Settings, SshOptions, Vantage};
use pseudonyms::Pseudonyms;

impl Case {
    /// The same case with stand-ins for addresses, host names, users, private parts of paths and fingerprints: the same
    /// stand-in for the same thing throughout, and of the same kind, so that the same causes follow from it; only that an address is
    /// in a network is not kept.
    #[must_use]
    pub fn redacted(&self) -> Self {
        let mut pseudonyms = Pseudonyms::default();
        // Free text is searched for names that only a later field reveals: the first pass learns them.
        let _ = pseudonyms.case(self.clone());
        pseudonyms.case(self.clone())
    }
}

impl Pseudonyms {
    fn case(&mut self, case: Case) -> Case {
        let Case {
            schema,
            recorded_at,
            destination,
            options,
            settings,
            server,
            client_recorded_at,
            observations,
        } = case;
        Case {
            schema,
            recorded_at,
            destination: self.destination(destination),
            options: self.options(options),
            settings: self.settings(settings),
            server: server.map(|question| self.server_question(question)),
            client_recorded_at,
            observations: observations
                .into_iter()
                .map(|observation| self.observation(observation))
                .collect(),
        }
    }

    fn destination(&mut self, destination: Destination) -> Destination {
        let Destination {
            given,
            host,
            user,
            port,
        } = destination;
        let new_host = self.host(&host);
        let new_user = user.as_deref().map(|user| self.user(user));
        let given = if given == host {
            new_host.clone()
        } else {
            written(new_user.as_deref(), &new_host, port)
        };
        Destination {
            given,
            host: new_host,
            user: new_user,
            port,
        }
    }

    fn options(&mut self, options: SshOptions) -> SshOptions {
        let SshOptions {
            port,
            login_name,
            identity_files,
            config_file,
            jump,
            options,
            family,
            bind_address,
            bind_interface,
        } = options;
        SshOptions {
            port,
            login_name: login_name.map(|user| self.user(&user)),
            identity_files: identity_files.iter().map(|path| self.path(path)).collect(),
            config_file: config_file.map(|path| self.path(&path)),
            jump: jump.map(|jump| self.jump(&jump)),
            options: options
                .iter()
                .map(|option| self.ssh_option(option))
                .collect(),
            family,
            bind_address: bind_address.map(|address| self.host(&address)),
            bind_interface: bind_interface.map(|name| self.interface(&name)),
        }
    }

    fn settings(&mut self, settings: Settings) -> Settings {
        let Settings {
            connection_budget,
            login,
            via,
        } = settings;
        Settings {
            connection_budget,
            login,
            via: via.iter().map(|jump| self.jump(jump)).collect(),
        }
    }

    fn observation(&mut self, observation: Observation) -> Observation {
        let Observation {
            id,
            vantage,
            at_ms,
            elapsed_ms,
            fact,
        } = observation;
        // The two ends are called so whatever a host may be called; other places are named after jump hosts.
        let is_an_end = [Vantage::client(), Vantage::server()].contains(&vantage);
        let place = if is_an_end {
            vantage
        } else {
            Vantage(self.jump(&vantage.0))
        };
        Observation {
            id,
            vantage: place,
            at_ms,
            elapsed_ms,
            fact: self.fact(fact),
        }
    }

    /// `-o Keyword=value` or `-o "Keyword value"`.
    fn ssh_option(&mut self, option: &str) -> String {
        let Some(end) = option.find(['=', ' ']) else {
            return option.to_owned();
        };
        let (keyword, rest) = option.split_at(end);
        let value = rest.trim_start_matches([' ', '=']);
        let separator = &rest[..rest.len() - value.len()];
        let replaced = match keyword.to_ascii_lowercase().as_str() {
            "hostname" | "hostkeyalias" | "bindaddress" => self.host(value),
            "user" => self.user(value),
            "proxyjump" => self.jump(value),
            "proxycommand" | "localcommand" | "remotecommand" | "knownhostscommand" => {
                self.command(value)
            }
            "bindinterface" => self.interface(value),
            "identityfile"
            | "certificatefile"
            | "controlpath"
            | "identityagent"
            | "userknownhostsfile"
            | "globalknownhostsfile"
            | "pkcs11provider"
            | "securitykeyprovider"
            | "xauthlocation"
            | "revokedhostkeys" => {
                let paths: Vec<String> = value.split(' ').map(|path| self.path(path)).collect();
                paths.join(" ")
            }
            _ => self.free_text(value),
        };
        format!("{keyword}{separator}{replaced}")
    }

    /// Jump hosts as `ssh -J` takes them: `[user@]host[:port]` or a URL, separated by commas.
    fn jump(&mut self, jumps: &str) -> String {
        let jumps: Vec<String> = jumps.split(',').map(|jump| self.one_jump(jump)).collect();
        jumps.join(",")
    }

    fn one_jump(&mut self, jump: &str) -> String {
        let (scheme, rest) = match jump.strip_prefix("ssh://") {
            Some(rest) => ("ssh://", rest),
            None => ("", jump),
        };
        let (user, place) = match rest.rsplit_once('@') {
            Some((user, place)) => (format!("{}@", self.user(user)), place),
            None => (String::new(), rest),
        };
        format!("{scheme}{user}{}", self.place(place))
    }

    /// A host with a port or without: `host`, `host:port`, `[host]:port`, or an IPv6 address.
    fn place(&mut self, place: &str) -> String {
        if let Some((host, port)) = place
            .strip_prefix('[')
            .and_then(|inner| inner.split_once(']'))
        {
            return format!("[{}]{port}", self.host(host));
        }
        match place.split_once(':') {
            Some((host, port)) if !port.contains(':') => format!("{}:{port}", self.host(host)),
            _ => self.host(place),
        }
    }

    fn received(&mut self, received: &Received) -> Received {
        as_received(&self.free_text(received.as_str()))
    }
}

fn written(user: Option<&str>, host: &str, port: Option<u16>) -> String {
    let user = user.map(|user| format!("{user}@")).unwrap_or_default();
    match port {
        Some(port) if host.contains(':') => format!("ssh://{user}[{host}]:{port}"),
        Some(port) => format!("ssh://{user}{host}:{port}"),
        None => format!("{user}{host}"),
    }
}

/// Text that is escaped already, as it is read from a case file.
fn as_received(text: &str) -> Received {
    let read: Result<Received, Error> = Received::deserialize(text.into_deserializer());
    read.unwrap_or_default()
}

#[cfg(test)]
mod tests;
