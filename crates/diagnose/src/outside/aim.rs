//! Which machine the inquiry is about, and what is known of it so far.

use std::net::{IpAddr, SocketAddr};

use sshdoctor_case::{
    AddressRecord, Case, ClientConfig, ConfigProblem, Fact, NameAnswer, NameSource, ProxyOutcome,
    RouteOutcome, ViaOutcome,
};

use super::proxied;

/// The machine whose SSH port is examined: the destination, or the first jump host on the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Aim {
    /// The jump host as given, when it is one.
    pub(crate) jump: Option<String>,
    /// Host name or address.
    pub(crate) host: String,
    /// Port.
    pub(crate) port: u16,
    /// Addresses in the order in which `ssh` tries them.
    pub(crate) addresses: Vec<IpAddr>,
    /// Addresses of the family that the person ruled out (`-4`, `-6`, AddressFamily): tried for comparison only.
    pub(crate) other_family: Vec<IpAddr>,
}

/// The configuration of the destination, once it is known.
pub(crate) fn config(case: &Case) -> Option<&ClientConfig> {
    case.observations.iter().rev().find_map(|o| match &o.fact {
        Fact::ClientConfig { config } => Some(config.as_ref()),
        _ => None,
    })
}

/// What stops the connection before anything is sent.
pub(crate) fn client_problem(case: &Case) -> Option<(&ConfigProblem, &str)> {
    case.observations.iter().find_map(|o| match &o.fact {
        Fact::ClientProblem { problem } => Some((problem, o.id.as_str())),
        _ => None,
    })
}

/// The jump hosts on the way, first hop first.
pub(crate) fn jumps(case: &Case) -> &[String] {
    config(case).map_or(&[], |config| config.proxy_jump.as_slice())
}

/// The ProxyCommand in force.
pub(crate) fn proxy_command(case: &Case) -> Option<&str> {
    config(case)
        .filter(|config| config.proxy_jump.is_empty())
        .and_then(|config| config.proxy_command.as_deref())
}

/// The jump host of a ProxyCommand that did not get through: the link to look at.
pub(crate) fn failed_proxy_jump(case: &Case) -> Option<String> {
    let jump = proxied::jump_host(proxy_command(case)?)?;
    let failed = case.observations.iter().any(|o| match &o.fact {
        Fact::ProxyCommand { outcome, .. } => {
            matches!(outcome, ProxyOutcome::Exited { .. } | ProxyOutcome::Silent)
        }
        _ => false,
    });
    failed.then_some(jump)
}

/// A jump host behind the first that its predecessor does not reach, and its port.
pub(crate) fn unreached_jump(case: &Case) -> Option<(String, u16)> {
    let jumps = jumps(case);
    (1..jumps.len()).find_map(|index| {
        let (port, outcome) = link(case, &jumps[..index].join(","))?;
        let reached = matches!(outcome, ViaOutcome::Answered { .. });
        (!reached).then(|| (jumps[index].clone(), port))
    })
}

/// What the jump hosts `through` saw of the next machine, with its port.
pub(crate) fn link<'a>(case: &'a Case, through: &str) -> Option<(u16, &'a ViaOutcome)> {
    case.observations.iter().find_map(|o| match &o.fact {
        Fact::Via {
            jump,
            port,
            outcome,
            ..
        } if jump == through => Some((*port, outcome)),
        _ => None,
    })
}

/// What the last jump host that was asked saw of the next machine, and the id of that observation.
pub(crate) fn last_link(case: &Case) -> Option<(&ViaOutcome, &str)> {
    case.observations.iter().rev().find_map(|o| match &o.fact {
        Fact::Via { jump, outcome, .. } if !case.settings.via.contains(jump) => {
            Some((outcome, o.id.as_str()))
        }
        _ => None,
    })
}

/// The machine to examine; `None` until the configuration is known.
pub(crate) fn aim(case: &Case) -> Option<Aim> {
    let own = config(case)?;
    let through = match proxy_command(case) {
        Some(_) => Some(failed_proxy_jump(case)?),
        None => own.proxy_jump.first().cloned(),
    };
    let (jump, config) = match through {
        Some(jump) => {
            let config = jump_config(case, &jump)?;
            (Some(jump), config)
        }
        None => (None, own),
    };
    let wanted = match own.address_family.as_str() {
        "inet" => Some(true),
        "inet6" => Some(false),
        _ => None,
    };
    let (addresses, other_family) = addresses(case, &config.host_name)
        .into_iter()
        .partition(|address| wanted.is_none_or(|ipv4| address.is_ipv4() == ipv4));
    Some(Aim {
        jump,
        host: config.host_name.clone(),
        port: config.port,
        addresses,
        other_family,
    })
}

/// The configuration of a jump host, as given.
pub(crate) fn jump_config<'a>(case: &'a Case, wanted: &str) -> Option<&'a ClientConfig> {
    case.observations.iter().find_map(|o| match &o.fact {
        Fact::JumpConfig { jump, config } if jump == wanted => Some(config.as_ref()),
        _ => None,
    })
}

/// The system's addresses for a name, or the address it is.
pub(crate) fn addresses(case: &Case, host: &str) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for observation in &case.observations {
        if let Fact::Name {
            name,
            origin: NameSource::System,
            answer: NameAnswer::Addresses { addresses, .. },
        } = &observation.fact
            && name == host
        {
            add_new(&mut found, addresses);
        }
    }
    if found.is_empty() && system_could_not_tell(case, host) {
        found = from_name_servers(case, host);
    }
    if found.is_empty() {
        found.extend(host.parse::<IpAddr>());
    }
    found
}

fn add_new(found: &mut Vec<IpAddr>, records: &[AddressRecord]) {
    for record in records {
        if !found.contains(&record.address) {
            found.push(record.address);
        }
    }
}

/// The system's resolver gave up, which a lost packet or a dead first name server is enough for.
fn system_could_not_tell(case: &Case, host: &str) -> bool {
    case.observations.iter().any(|o| match &o.fact {
        Fact::Name {
            name,
            origin: NameSource::System,
            answer: NameAnswer::Silent | NameAnswer::TemporaryFailure { .. },
        } => name == host,
        _ => false,
    })
}

fn from_name_servers(case: &Case, host: &str) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for observation in &case.observations {
        if let Fact::Name {
            name,
            origin: NameSource::NameServer { .. },
            answer: NameAnswer::Addresses { addresses, .. },
        } = &observation.fact
            && name == host
        {
            add_new(&mut found, addresses);
        }
    }
    found
}

/// The kernel's route to an address.
pub(crate) fn route(case: &Case, address: IpAddr) -> Option<(&RouteOutcome, &str)> {
    case.observations.iter().find_map(|o| match &o.fact {
        Fact::Route { to, outcome } if *to == address => Some((outcome, o.id.as_str())),
        _ => None,
    })
}

/// The address is one of this machine.
pub(crate) fn is_this_machine(case: &Case, address: IpAddr) -> bool {
    address.is_loopback()
        || matches!(
            route(case, address),
            Some((RouteOutcome::Via { local: true, .. }, _))
        )
}

/// The address of this client as the server sees it, unless a translation lies between.
pub(crate) fn source_address(case: &Case, to: IpAddr) -> Option<IpAddr> {
    let connected = case.observations.iter().find_map(|o| match &o.fact {
        Fact::TcpConnect {
            to: target,
            from: Some(from),
            ..
        } if target.ip() == to => Some(*from),
        _ => None,
    });
    connected.or_else(|| match route(case, to) {
        Some((RouteOutcome::Via { source, .. }, _)) => *source,
        _ => None,
    })
}

impl Aim {
    /// The target's socket at one of its addresses.
    pub(crate) fn socket(&self, address: IpAddr) -> SocketAddr {
        SocketAddr::new(address, self.port)
    }
}
