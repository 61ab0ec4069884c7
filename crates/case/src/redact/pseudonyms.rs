//! Stand-ins, the same for the same thing throughout one case.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

/// Users that name no person.
const COMMON_USERS: [&str; 19] = [
    "admin",
    "alpine",
    "arch",
    "azureuser",
    "bitnami",
    "centos",
    "cloud-user",
    "core",
    "debian",
    "ec2-user",
    "fedora",
    "freebsd",
    "git",
    "nobody",
    "opc",
    "rocky",
    "root",
    "ubuntu",
    "vagrant",
];

/// Names that mean the same everywhere.
const COMMON_HOSTS: [&str; 7] = [
    "localhost",
    "localhost.localdomain",
    "ip6-localhost",
    "ip6-loopback",
    "client",
    "none",
    "(hashed)",
];

/// Parts of paths that name nothing private.
const COMMON_PATH_PARTS: [&str; 39] = [
    "",
    ".",
    "..",
    "~",
    ".ssh",
    "Users",
    "authorized_keys",
    "bin",
    "config",
    "config.d",
    "dev",
    "etc",
    "export",
    "home",
    "hosts",
    "id_dsa",
    "id_ecdsa",
    "id_ecdsa_sk",
    "id_ed25519",
    "id_ed25519_sk",
    "id_rsa",
    "known_hosts",
    "known_hosts2",
    "local",
    "none",
    "null",
    "private",
    "proc",
    "root",
    "run",
    "sbin",
    "ssh",
    "ssh_config",
    "ssh_config.d",
    "ssh_known_hosts",
    "ssh_known_hosts2",
    "tmp",
    "usr",
    "var",
];

/// The stand-ins given so far.
#[derive(Debug, Default)]
pub(super) struct Pseudonyms {
    addresses: BTreeMap<IpAddr, IpAddr>,
    /// How many stand-ins of each kind were given.
    given: BTreeMap<Kind, u32>,
    hosts: BTreeMap<String, String>,
    users: BTreeMap<String, String>,
    path_parts: BTreeMap<String, String>,
    words: BTreeMap<String, String>,
    interfaces: BTreeMap<String, String>,
    fingerprints: BTreeMap<String, String>,
    link_layer: BTreeMap<String, String>,
}

impl Pseudonyms {
    /// An address of the same family and kind. What is the same everywhere (loopback, unspecified, multicast) stays.
    pub(super) fn address(&mut self, address: IpAddr) -> IpAddr {
        if address.is_loopback() || address.is_unspecified() || address.is_multicast() {
            return address;
        }
        if let Some(known) = self.addresses.get(&address) {
            return *known;
        }
        let stand_in = match address {
            IpAddr::V4(_) => self.fresh(address),
            IpAddr::V6(real) => match real.to_ipv4_mapped() {
                Some(inner) => match self.address(inner.into()) {
                    IpAddr::V4(inner) => inner.to_ipv6_mapped().into(),
                    other @ IpAddr::V6(_) => other,
                },
                None => self.fresh(address),
            },
        };
        self.addresses.insert(address, stand_in);
        stand_in
    }

    fn fresh(&mut self, real: IpAddr) -> IpAddr {
        let kind = Kind::of(real);
        let given = self.given.entry(kind).or_default();
        let nth = *given;
        *given += 1;
        let high = u8::try_from(nth / 254).unwrap_or(255);
        let low = (nth % 254 + 1) as u8;
        match (kind, high) {
            (Kind::Private, _) => Ipv4Addr::new(10, 0, high, low).into(),
            (Kind::Shared, _) => Ipv4Addr::new(100, 64, high, low).into(),
            (Kind::LinkLocalV4, _) => Ipv4Addr::new(169, 254, high, low).into(),
            (Kind::PublicV4, 0) => Ipv4Addr::new(203, 0, 113, low).into(),
            (Kind::PublicV4, 1) => Ipv4Addr::new(198, 51, 100, low).into(),
            (Kind::PublicV4, 2) => Ipv4Addr::new(192, 0, 2, low).into(),
            // The benchmark range of RFC 2544, where the documentation ranges are used up.
            (Kind::PublicV4, _) => Ipv4Addr::new(198, 18, high, low).into(),
            (Kind::LinkLocalV6, _) => v6(0xfe80, 0, nth),
            (Kind::UniqueLocal, _) => v6(0xfd00, 0, nth),
            (Kind::PublicV6, _) => v6(0x2001, 0xdb8, nth),
        }
    }

    /// The address replaced, the port kept.
    pub(super) fn socket_address(&mut self, address: SocketAddr) -> SocketAddr {
        SocketAddr::new(self.address(address.ip()), address.port())
    }

    /// A host name, or an address written as one. Names are compared without regard to case.
    pub(super) fn host(&mut self, name: &str) -> String {
        if let Ok(address) = name.parse::<IpAddr>() {
            return self.address(address).to_string();
        }
        let (bare, dot) = match name.strip_suffix('.') {
            Some(bare) => (bare, "."),
            None => (name, ""),
        };
        let key = bare.to_ascii_lowercase();
        if key.is_empty() || COMMON_HOSTS.contains(&key.as_str()) {
            return name.to_owned();
        }
        let number = self.hosts.len() + 1;
        let stand_in = self.hosts.entry(key).or_insert_with(|| {
            if bare.contains('.') {
                format!("host-{number}.example")
            } else {
                format!("host-{number}")
            }
        });
        format!("{stand_in}{dot}")
    }

    /// The stand-in of a name that was met as a host name before.
    pub(super) fn known_host(&self, name: &str) -> Option<&str> {
        self.hosts
            .get(&name.to_ascii_lowercase())
            .map(String::as_str)
    }

    /// A user.
    pub(super) fn user(&mut self, name: &str) -> String {
        if name.is_empty() || COMMON_USERS.contains(&name) || name.starts_with('%') {
            return name.to_owned();
        }
        numbered(&mut self.users, name, "user")
    }

    /// The stand-in of a name that was met as a user before.
    pub(super) fn known_user(&self, name: &str) -> Option<&str> {
        self.users.get(name).map(String::as_str)
    }

    /// A path: the home directory's owner and every uncommon part replaced.
    pub(super) fn path(&mut self, path: &str) -> String {
        let mut after_home = false;
        let mut parts = Vec::new();
        for part in path.split('/') {
            if after_home {
                parts.push(self.user(part));
            } else if COMMON_PATH_PARTS.contains(&part) || part.starts_with('%') {
                parts.push(part.to_owned());
            } else if let Some(owner) = part.strip_prefix('~') {
                parts.push(format!("~{}", self.user(owner)));
            } else {
                parts.push(self.path_part(part));
            }
            after_home = matches!(part, "home" | "Users");
        }
        parts.join("/")
    }

    fn path_part(&mut self, part: &str) -> String {
        // The public half of a key keeps its relation to the private one.
        match part.strip_suffix(".pub") {
            Some(stem) if COMMON_PATH_PARTS.contains(&stem) => part.to_owned(),
            Some(stem) => numbered(&mut self.path_parts, stem, "file") + ".pub",
            None => numbered(&mut self.path_parts, part, "file"),
        }
    }

    /// A link-layer address: one of those for documentation (RFC 7042, section 2.1.2).
    pub(super) fn link_layer_address(&mut self, address: &str) -> String {
        let number = self.link_layer.len() + 1;
        self.link_layer
            .entry(address.to_ascii_lowercase())
            .or_insert_with(|| format!("00:00:5e:00:53:{:02x}", number & 0xff))
            .clone()
    }

    /// A word of a command that may name anything.
    pub(super) fn word(&mut self, word: &str) -> String {
        numbered(&mut self.words, word, "word")
    }

    /// A network interface. Names that systems give by themselves stay.
    pub(super) fn interface(&mut self, name: &str) -> String {
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let given_by_the_system = name == "lo"
            || matches!(
                stem,
                "eth"
                    | "wlan"
                    | "wg"
                    | "tun"
                    | "tap"
                    | "ppp"
                    | "docker"
                    | "virbr"
                    | "br"
                    | "bond"
                    | "utun"
                    | "tailscale"
            )
            || (name.len() <= 15
                && ["enp", "eno", "ens", "enx", "wlp", "wlx", "veth"]
                    .iter()
                    .any(|lead| name.starts_with(lead))
                && name[3..].contains(|c: char| c.is_ascii_digit()));
        if given_by_the_system {
            name.to_owned()
        } else {
            numbered(&mut self.interfaces, name, "if")
        }
    }

    /// The stand-in of a name that was met as an interface before.
    pub(super) fn known_interface(&self, name: &str) -> Option<&str> {
        self.interfaces.get(name).map(String::as_str)
    }

    /// A fingerprint of the same form.
    pub(super) fn fingerprint(&mut self, fingerprint: &str) -> String {
        let number = self.fingerprints.len() + 1;
        self.fingerprints
            .entry(fingerprint.to_owned())
            .or_insert_with(|| format!("SHA256:{number:0>43}"))
            .clone()
    }
}

fn numbered(known: &mut BTreeMap<String, String>, name: &str, kind: &str) -> String {
    let number = known.len() + 1;
    known
        .entry(name.to_owned())
        .or_insert_with(|| format!("{kind}-{number}"))
        .clone()
}

fn v6(first: u16, second: u16, nth: u32) -> IpAddr {
    let [high, low] = [(nth + 1) >> 16, (nth + 1) & 0xffff].map(|half| half as u16);
    Ipv6Addr::new(first, second, 0, 0, 0, 0, high, low).into()
}

/// Kinds of addresses between which the reasoning may tell a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    PublicV4,
    Private,
    Shared,
    LinkLocalV4,
    PublicV6,
    UniqueLocal,
    LinkLocalV6,
}

impl Kind {
    fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) if v4.is_private() => Self::Private,
            IpAddr::V4(v4) if v4.is_link_local() => Self::LinkLocalV4,
            // RFC 6598.
            IpAddr::V4(v4) if u32::from(v4) >> 22 == 0b01_1001_0001 => Self::Shared,
            IpAddr::V4(_) => Self::PublicV4,
            IpAddr::V6(v6) if v6.is_unicast_link_local() => Self::LinkLocalV6,
            IpAddr::V6(v6) if v6.is_unique_local() => Self::UniqueLocal,
            IpAddr::V6(_) => Self::PublicV6,
        }
    }
}
