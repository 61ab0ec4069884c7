//! The facts of one server, each where it is looked for.

use std::net::{IpAddr, SocketAddr};

use sshdoctor_case::{
    Account, AppArmor, AuthorizedKeysFile, BanTool, Boot, Case, Clock, CloudMetadata, Connection,
    CryptoPolicy, Fact, HostInterface, HostKeyFile, InitSystem, KeySource, LinkState, Listener,
    Log, LogLine, LogSource, NetworkSettings, Obstacle, OperatingSystem, OtherNamespace,
    PacketAnswer, PamService, Resources, RouteOutcome, Selinux, ServerQuestion, Sight, SshdBinary,
    SshdCheck, SshdConfig, SshdDirectory, SshdInstance, TcpWrappers, Unit, Vantage,
};

/// The port where nothing says another one.
const USUAL_PORT: u16 = 22;

/// A fact with the id of its evidence.
#[derive(Debug)]
pub struct Seen<'a, T: ?Sized> {
    /// Id of the evidence.
    pub id: &'a str,
    /// The fact.
    pub fact: &'a T,
}

impl<T: ?Sized> Clone for Seen<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Seen<'_, T> {}

/// What the packet filter does with the client's packet.
#[derive(Debug, Clone, Copy)]
pub struct Filtered<'a> {
    /// Id of the evidence.
    pub id: &'a str,
    /// What becomes of the packet.
    pub answer: &'a PacketAnswer,
    /// The same in one sentence.
    pub summary: &'a str,
}

/// Everything that one server showed, and who wants in.
#[derive(Debug)]
pub struct Server<'a> {
    /// Who wants in.
    pub question: &'a ServerQuestion,
    /// When it was looked at, in milliseconds since the epoch.
    pub now_ms: i64,
    /// The distribution and the kernel.
    pub system: Option<Seen<'a, OperatingSystem>>,
    /// The init system.
    pub init: Option<Seen<'a, InitSystem>>,
    /// Units and services.
    pub units: Vec<Seen<'a, Unit>>,
    /// What the next boot would do.
    pub boot: Option<Seen<'a, Boot>>,
    /// The sshd program.
    pub program: Option<Seen<'a, SshdBinary>>,
    /// What `sshd -t` says.
    pub check: Option<Seen<'a, SshdCheck>>,
    /// The configuration on disk.
    pub config: Option<Seen<'a, SshdConfig>>,
    /// Running sshd processes.
    pub processes: Option<Seen<'a, [SshdInstance]>>,
    /// The directory of privilege separation.
    pub directory: Option<Seen<'a, SshdDirectory>>,
    /// Host keys.
    pub host_keys: Option<Seen<'a, [HostKeyFile]>>,
    /// Sockets that listen here.
    pub listeners: Option<Seen<'a, [Listener]>>,
    /// Sockets on the port in other network namespaces.
    pub elsewhere: Option<Seen<'a, [OtherNamespace]>>,
    /// Connections to the port.
    pub connections: Option<Seen<'a, [Connection]>>,
    /// Interfaces.
    pub interfaces: Option<Seen<'a, [HostInterface]>>,
    /// Settings of the network.
    pub network: Option<Seen<'a, NetworkSettings>>,
    /// The way back to the client.
    pub way_back: Option<Seen<'a, RouteOutcome>>,
    /// What the packet filter does with the client's packet; one for each family when nothing says which it is.
    pub packet_filter: Vec<Filtered<'a>>,
    /// Tcp wrappers.
    pub tcp_wrappers: Option<Seen<'a, TcpWrappers>>,
    /// Tools that ban.
    pub ban_tools: Vec<Seen<'a, BanTool>>,
    /// Logs.
    pub logs: Vec<Seen<'a, Log>>,
    /// Disk, memory and processes.
    pub resources: Option<Seen<'a, Resources>>,
    /// The clock.
    pub clock: Option<Seen<'a, Clock>>,
    /// The account.
    pub account: Option<Seen<'a, Account>>,
    /// Files with keys.
    pub key_files: Vec<Seen<'a, AuthorizedKeysFile>>,
    /// What beside files decides about keys.
    pub key_sources: Option<Seen<'a, [KeySource]>>,
    /// The PAM stack.
    pub pam: Option<Seen<'a, PamService>>,
    /// SELinux.
    pub selinux: Option<Seen<'a, Selinux>>,
    /// AppArmor.
    pub apparmor: Option<Seen<'a, AppArmor>>,
    /// The crypto policy.
    pub crypto_policy: Option<Seen<'a, CryptoPolicy>>,
    /// What the provider says.
    pub cloud: Option<Seen<'a, CloudMetadata>>,
    /// What could not be seen, and why.
    pub not_seen: Vec<(Sight, Obstacle, &'a str)>,
}

impl<'a> Server<'a> {
    /// What the server of a case showed; nothing when none was looked at.
    #[must_use]
    pub fn of(case: &'a Case) -> Option<Self> {
        let mut server = Self {
            question: case.server.as_ref()?,
            now_ms: case.recorded_at.as_millisecond(),
            system: None,
            init: None,
            units: Vec::new(),
            boot: None,
            program: None,
            check: None,
            config: None,
            processes: None,
            directory: None,
            host_keys: None,
            listeners: None,
            elsewhere: None,
            connections: None,
            interfaces: None,
            network: None,
            way_back: None,
            packet_filter: Vec::new(),
            tcp_wrappers: None,
            ban_tools: Vec::new(),
            logs: Vec::new(),
            resources: None,
            clock: None,
            account: None,
            key_files: Vec::new(),
            key_sources: None,
            pam: None,
            selinux: None,
            apparmor: None,
            crypto_policy: None,
            cloud: None,
            not_seen: Vec::new(),
        };
        for observation in &case.observations {
            if observation.vantage == Vantage::server() {
                server.take(&observation.id, &observation.fact);
            }
        }
        Some(server)
    }

    fn take(&mut self, id: &'a str, fact: &'a Fact) {
        match fact {
            Fact::OperatingSystem { system } => self.system = Some(Seen { id, fact: system }),
            Fact::InitSystem { init } => self.init = Some(Seen { id, fact: init }),
            Fact::Unit { unit } => self.units.push(Seen { id, fact: unit }),
            Fact::Boot { boot } => self.boot = Some(Seen { id, fact: boot }),
            Fact::SshdProgram { program } => self.program = Some(Seen { id, fact: program }),
            Fact::SshdCheck { check } => self.check = Some(Seen { id, fact: check }),
            Fact::SshdConfig { config } => self.config = Some(Seen { id, fact: config }),
            Fact::SshdProcesses { processes } => {
                self.processes = Some(Seen {
                    id,
                    fact: processes,
                });
            }
            Fact::SshdDirectory { directory } => {
                self.directory = Some(Seen {
                    id,
                    fact: directory,
                });
            }
            Fact::HostKeyFiles { keys } => self.host_keys = Some(Seen { id, fact: keys }),
            Fact::Listeners {
                listeners,
                elsewhere,
            } => {
                self.listeners = Some(Seen {
                    id,
                    fact: listeners,
                });
                self.elsewhere = Some(Seen {
                    id,
                    fact: elsewhere,
                });
            }
            Fact::Connections { connections } => {
                self.connections = Some(Seen {
                    id,
                    fact: connections,
                });
            }
            Fact::Interfaces { interfaces } => {
                self.interfaces = Some(Seen {
                    id,
                    fact: interfaces,
                });
            }
            Fact::NetworkSettings { settings } => self.network = Some(Seen { id, fact: settings }),
            Fact::Route { to, outcome } if Some(*to) == self.question.from => {
                self.way_back = Some(Seen { id, fact: outcome });
            }
            Fact::PacketFilter {
                answer, summary, ..
            } => self.packet_filter.push(Filtered {
                id,
                answer,
                summary,
            }),
            Fact::TcpWrappers { wrappers } => {
                self.tcp_wrappers = Some(Seen { id, fact: wrappers });
            }
            Fact::BanTool { ban_tool } => self.ban_tools.push(Seen { id, fact: ban_tool }),
            Fact::Log { log } => self.logs.push(Seen { id, fact: log }),
            Fact::Resources { resources } => {
                self.resources = Some(Seen {
                    id,
                    fact: resources,
                });
            }
            Fact::Clock { clock } => self.clock = Some(Seen { id, fact: clock }),
            Fact::Account { account } => self.account = Some(Seen { id, fact: account }),
            Fact::AuthorizedKeys { file } => self.key_files.push(Seen { id, fact: file }),
            Fact::KeySources { sources } => self.key_sources = Some(Seen { id, fact: sources }),
            Fact::Pam { pam } => self.pam = Some(Seen { id, fact: pam }),
            Fact::Selinux { selinux } => self.selinux = Some(Seen { id, fact: selinux }),
            Fact::AppArmor { apparmor } => self.apparmor = Some(Seen { id, fact: apparmor }),
            Fact::CloudMetadata { cloud } => self.cloud = Some(Seen { id, fact: cloud }),
            Fact::CryptoPolicy { policy } => self.crypto_policy = Some(Seen { id, fact: policy }),
            Fact::NotSeen {
                sight,
                obstacle,
                reason,
            } => self.not_seen.push((*sight, *obstacle, reason.as_str())),
            _ => {}
        }
    }

    /// The port that the client connects to: 22 where nothing else was said, as with `ssh` itself.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.question.port.unwrap_or(USUAL_PORT)
    }

    /// The port at which the client's packet arrives: a rule may have changed it on the way.
    #[must_use]
    pub fn arriving_port(&self) -> u16 {
        self.packet_filter
            .iter()
            .flat_map(|filtered| &filtered.answer.translations)
            .filter(|translation| translation.to_address.is_none_or(|to| self.is_own(to)))
            .find_map(|translation| translation.to_port)
            .unwrap_or_else(|| self.port())
    }

    pub(crate) fn is_own(&self, address: IpAddr) -> bool {
        self.own_addresses()
            .any(|own| own == address.to_canonical())
    }

    /// Packets to this address come here: it is this host's, or the provider translates it.
    pub(crate) fn is_reached_by(&self, address: IpAddr) -> bool {
        self.is_own(address) || self.is_translated_by_provider(address)
    }

    pub(crate) fn is_translated_by_provider(&self, address: IpAddr) -> bool {
        self.cloud.is_some_and(|seen| {
            let mut translated = seen.fact.public_addresses.iter();
            translated.any(|public| public.to_canonical() == address.to_canonical())
        })
    }

    /// The unit of this name, where it is loaded or was looked for.
    #[must_use]
    pub fn unit(&self, name: &str) -> Option<Seen<'a, Unit>> {
        self.units.iter().copied().find(|unit| {
            let names = std::iter::once(&unit.fact.name).chain(&unit.fact.aliases);
            names.into_iter().any(|own| own.as_str() == name)
        })
    }

    /// The service of sshd, as far as the init system knows one.
    #[must_use]
    pub fn service(&self) -> Option<Seen<'a, Unit>> {
        ["ssh.service", "sshd.service", "ssh", "sshd"]
            .into_iter()
            .filter_map(|name| self.unit(name))
            .find(|unit| unit.fact.load_state.as_str() != "not-found")
    }

    /// The socket unit of sshd, where there is one.
    #[must_use]
    pub fn socket(&self) -> Option<Seen<'a, Unit>> {
        ["ssh.socket", "sshd.socket"]
            .into_iter()
            .filter_map(|name| self.unit(name))
            .find(|unit| unit.fact.load_state.as_str() != "not-found")
    }

    /// Socket units of whatever name that want the client's port.
    pub fn sockets_on_port(&self) -> impl Iterator<Item = Seen<'a, Unit>> {
        let port = self.port();
        self.units.iter().copied().filter(move |unit| {
            let addresses = unit.fact.socket.iter().flat_map(|socket| &socket.listen);
            let mut ports = addresses.map(|address| address.as_str().rsplit(':').next());
            let wants = ports.any(|own| own.and_then(|own| own.parse().ok()) == Some(port));
            wants && unit.fact.active_state.as_str() != "inactive"
        })
    }

    /// The socket unit, when it is the one that listens.
    #[must_use]
    pub fn active_socket(&self) -> Option<Seen<'a, Unit>> {
        self.socket()
            .filter(|unit| unit.fact.active_state.as_str() == "active")
    }

    /// The name of the service for commands: `ssh` or `sshd`.
    #[must_use]
    pub fn service_name(&self) -> &'a str {
        if let Some(unit) = self.service() {
            let name = unit.fact.name.as_str();
            return name.strip_suffix(".service").unwrap_or(name);
        }
        match &self.system {
            Some(system) if !is_debian(system.fact) => "sshd",
            _ => "ssh",
        }
    }

    /// Listening sshd processes in this network namespace.
    pub fn masters(&self) -> impl Iterator<Item = &'a SshdInstance> {
        self.processes
            .map_or(&[][..], |seen| seen.fact)
            .iter()
            .filter(|process| process.is_master && process.same_network != Some(false))
    }

    /// Whether a socket takes the client's connections.
    #[must_use]
    pub fn takes(&self, listener: &Listener) -> bool {
        if listener.address.port() != self.arriving_port() {
            return false;
        }
        let bound = listener.address.ip();
        match self.question.to.map(|to| to.to_canonical()) {
            Some(to) if bound.is_unspecified() => {
                to.is_ipv4() == bound.is_ipv4()
                    || (to.is_ipv4() && listener.ipv6_only == Some(false))
            }
            Some(to) => bound.to_canonical() == to,
            None => self.reaches_clients(bound, listener),
        }
    }

    /// Whether clients of the family in question can reach a bound address, when nothing says which address they use.
    fn reaches_clients(&self, bound: IpAddr, listener: &Listener) -> bool {
        let family_fits = match self.question.from.map(|from| from.to_canonical()) {
            Some(from) if from.is_ipv4() => {
                bound.to_canonical().is_ipv4()
                    || (bound.is_unspecified() && listener.ipv6_only != Some(true))
            }
            Some(_) => bound.is_ipv6(),
            None => true,
        };
        let from_here = self.question.from.is_some_and(|from| from.is_loopback());
        let on_interface = bound.is_unspecified()
            || self.interfaces.is_none()
            || self.own_addresses().any(|own| own == bound.to_canonical());
        family_fits && on_interface && (from_here || !bound.to_canonical().is_loopback())
    }

    /// The sockets that take the client's connections.
    pub fn takers(&self) -> impl Iterator<Item = &'a Listener> {
        let listeners = self.listeners.map_or(&[][..], |seen| seen.fact);
        listeners.iter().filter(|listener| self.takes(listener))
    }

    /// Whether it is known that no socket takes the client's connections.
    #[must_use]
    pub fn nothing_listens(&self) -> bool {
        self.listeners.is_some() && self.takers().next().is_none()
    }

    /// Sockets of sshd, on whatever port and address, or those that systemd holds for it.
    pub fn sshd_listeners(&self) -> impl Iterator<Item = &'a Listener> {
        let listeners = self.listeners.map_or(&[][..], |seen| seen.fact);
        let socket_units = self.active_socket().map(|unit| unit.fact.name.as_str());
        listeners.iter().filter(move |listener| {
            listener.owners.iter().any(|owner| {
                owner.name.as_str() == "sshd"
                    || (owner.pid == 1
                        && socket_units.is_some()
                        && self.is_of_socket_unit(listener.address))
            })
        })
    }

    fn is_of_socket_unit(&self, address: SocketAddr) -> bool {
        self.active_socket()
            .and_then(|unit| unit.fact.socket.as_ref())
            .is_some_and(|socket| {
                socket.listen.iter().any(|listen| {
                    let listen = listen.as_str();
                    listen.parse() == Ok(address)
                        || listen.rsplit(':').next().and_then(|port| port.parse().ok())
                            == Some(address.port())
                })
            })
    }

    /// Addresses of this server, loopback included.
    pub fn own_addresses(&self) -> impl Iterator<Item = IpAddr> + 'a {
        self.interfaces
            .map_or(&[][..], |seen| seen.fact)
            .iter()
            .filter(|interface| interface.state != LinkState::Down)
            .flat_map(|interface| &interface.addresses)
            .map(|own| own.address.to_canonical())
    }

    /// The effective value of a keyword, given in small letters.
    #[must_use]
    pub fn setting(&self, keyword: &'a str) -> Option<&'a str> {
        self.config?.fact.value(keyword)
    }

    /// Every word of every value of a keyword, given in small letters.
    #[must_use]
    pub fn words(&self, keyword: &'a str) -> Vec<&'a str> {
        self.config.map_or_else(Vec::new, |config| {
            let values = config.fact.values(keyword);
            values.flat_map(str::split_whitespace).collect()
        })
    }

    /// The last line of sshd's logs that holds any of `patterns`, with the id of its log.
    #[must_use]
    pub fn logged(&self, patterns: &[&str]) -> Option<(&'a str, &'a LogLine)> {
        self.last_line(patterns, |source| !is_kernel(source))
    }

    /// The last line of the kernel's log that holds any of `patterns`.
    #[must_use]
    pub fn kernel_said(&self, patterns: &[&str]) -> Option<(&'a str, &'a LogLine)> {
        self.last_line(patterns, is_kernel)
    }

    fn last_line(
        &self,
        patterns: &[&str],
        wanted: impl Fn(&LogSource) -> bool,
    ) -> Option<(&'a str, &'a LogLine)> {
        self.logs
            .iter()
            .filter(|log| wanted(&log.fact.source))
            .find_map(|log| {
                let line = log.fact.lines.iter().rev().find(|line| {
                    patterns
                        .iter()
                        .any(|pattern| line.message.as_str().contains(pattern))
                })?;
                Some((log.id, line))
            })
    }

    /// Why something could not be seen, if it could not.
    #[must_use]
    pub fn hidden(&self, sight: Sight) -> Option<(Obstacle, &'a str)> {
        self.not_seen
            .iter()
            .find(|(own, ..)| *own == sight)
            .map(|(_, obstacle, reason)| (*obstacle, *reason))
    }

    /// The client in words.
    #[must_use]
    pub fn client(&self) -> String {
        match self.question.from {
            Some(from) => from.to_string(),
            None => "clients".to_owned(),
        }
    }
}

fn is_kernel(source: &LogSource) -> bool {
    match source {
        LogSource::KernelRing => true,
        LogSource::Journal { unit } => unit.as_str() == "kernel",
        LogSource::File { .. } => false,
    }
}

fn is_debian(system: &OperatingSystem) -> bool {
    std::iter::once(&system.id)
        .chain(&system.like)
        .any(|id| matches!(id.as_str(), "debian" | "ubuntu"))
}
