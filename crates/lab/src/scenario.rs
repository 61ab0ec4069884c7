//! Scenarios as data.

use std::collections::BTreeMap;

use serde::Deserialize;

/// One lockout, as its file describes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name, which is also that of its file.
    pub name: String,
    /// What is broken, in a few words.
    pub title: String,
    /// The stage at which the connection stops (`sshdoctor_case::Stage`, in kebab case); `none` when it is healthy.
    pub stage: String,
    /// What happened, in two lines.
    pub story: String,
    /// Nothing is wrong: the way in is open.
    #[serde(default)]
    pub healthy: bool,
    /// It needs more than one user, so it cannot be built in a user namespace with a single one.
    #[serde(default)]
    pub root_only: bool,
    /// What to give to `sshdoctor check --json`.
    #[serde(default = "default_arguments")]
    pub args: Vec<String>,
    /// The target's SSH port, at which connections are counted.
    #[serde(default = "default_port")]
    pub port: u16,
    /// What the real `ssh` has to say (a part of it) for the scenario to be what it claims.
    #[serde(default)]
    pub ssh_says: Option<String>,
    /// What to give to the real `ssh`, when that is not `args`.
    #[serde(default)]
    pub ssh_args: Option<Vec<String>>,
    /// The network.
    #[serde(default)]
    pub topology: Topology,
    /// What is special on each host, by its name.
    #[serde(default)]
    pub hosts: BTreeMap<String, HostSettings>,
    /// The files and accounts around the person in front of the client.
    #[serde(default)]
    pub client: ClientSettings,
    /// Accounts to log in to, on every host.
    #[serde(default)]
    pub accounts: Vec<Account>,
    /// What goes on besides.
    #[serde(default)]
    pub load: Vec<Load>,
    /// The truth.
    #[serde(default)]
    pub truth: Option<Truth>,
    /// What the program has to find.
    pub expect: Expectation,
}

fn default_arguments() -> Vec<String> {
    vec!["server".into()]
}

fn default_port() -> u16 {
    22
}

/// The shape of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// Only the client: the target is the client itself.
    Local,
    /// Client and server on one Ethernet.
    Direct,
    /// client — link — r1 — r2 — server
    #[default]
    Routed,
    /// The same with `server2` and `server3` beside the server.
    Multi,
    /// The same with `jump` beside the server.
    Jump,
}

/// Which address families there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Families {
    /// IPv4 only.
    #[default]
    V4,
    /// IPv6 only.
    V6,
    /// Both.
    Both,
}

/// The network and its link.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Topology {
    /// Its shape.
    pub kind: Shape,
    /// Which addresses hosts have.
    pub families: Families,
    /// Delay of the link between client and r1, one way, in milliseconds.
    pub delay_ms: u64,
    /// Packets of the link that are lost, either way, in per cent.
    pub loss_percent: f64,
    /// Seed of the loss.
    pub seed: u64,
}

impl Default for Topology {
    fn default() -> Self {
        Self {
            kind: Shape::default(),
            families: Families::default(),
            delay_ms: 20,
            loss_percent: 0.0,
            seed: 1,
        }
    }
}

/// What is special on one host.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HostSettings {
    /// For `nft -f`.
    pub nft: String,
    /// Rules of the table `filter`, as `iptables-save` prints them.
    pub iptables: Vec<String>,
    /// The same for IPv6.
    pub ip6tables: Vec<String>,
    /// Kernel settings by name.
    pub sysctls: BTreeMap<String, String>,
    /// For `ip -batch`, after the network is up.
    pub ip: Vec<String>,
    /// The sshd processes.
    pub sshd: Vec<SshdSettings>,
    /// Other things that listen.
    pub peers: Vec<PeerSettings>,
    /// A name server.
    pub names: Option<NameServerSettings>,
    /// The host's `/etc/hosts.deny`.
    pub hosts_deny: Option<String>,
}

/// One sshd.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SshdSettings {
    /// `Port`
    pub ports: Vec<u16>,
    /// `ListenAddress`
    pub listen: Vec<String>,
    /// Further lines of `sshd_config`.
    pub config: Vec<String>,
    /// Types of its host keys, as `ssh-keygen -t` names them.
    pub keys: Vec<String>,
    /// Whose keys it has; its host's own when empty.
    pub identity: String,
    /// It is stopped (SIGSTOP) after it has begun to listen.
    pub paused: bool,
}

impl Default for SshdSettings {
    fn default() -> Self {
        Self {
            ports: vec![22],
            listen: Vec::new(),
            config: Vec::new(),
            keys: vec!["ed25519".into()],
            identity: String::new(),
            paused: false,
        }
    }
}

/// What a peer does after what it has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Afterwards {
    /// It keeps the connection and is silent.
    #[default]
    Hang,
    /// It closes.
    Close,
    /// It resets the connection.
    Reset,
    /// It says it again, without end.
    Repeat,
}

/// Something that listens and is not sshd.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PeerSettings {
    /// Its port.
    pub port: u16,
    /// Its address; every address when empty.
    pub listen: String,
    /// What it says.
    pub say: String,
    /// It waits for something to read before it speaks.
    pub listens_first: bool,
    /// Milliseconds between two bytes.
    pub byte_ms: u64,
    /// What it does then.
    pub then: Afterwards,
    /// Milliseconds before it says it again.
    pub repeat_ms: u64,
    /// It never accepts, and its queue of connections is full.
    pub queue_full: bool,
}

/// A name server. A name that it does not know does not exist.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NameServerSettings {
    /// Lines of a name and its addresses.
    pub records: Vec<String>,
    /// It refuses every question.
    pub refuses: bool,
}

/// How the client learns addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Naming {
    /// From a name server on r1; where there is no r1, from `/etc/hosts`.
    #[default]
    Dns,
    /// From `/etc/hosts`.
    Hosts,
    /// Only from what the scenario says.
    None,
}

/// The files around the person in front of the client.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientSettings {
    /// How names of the topology become addresses.
    pub naming: Naming,
    /// Lines of `/etc/hosts`, after those for the loopback.
    pub hosts: Vec<String>,
    /// Lines of `/etc/resolv.conf`; otherwise those that `naming` needs.
    pub resolv: Option<Vec<String>>,
    /// `~/.ssh/config`
    pub config: String,
    /// Its permission bits, 0600 otherwise.
    pub config_mode: Option<u32>,
    /// `~/.ssh/known_hosts`, with `{host.type}` for a host's public key; otherwise the server's true key.
    pub known_hosts: Option<Vec<String>>,
    /// Names in it are hashed.
    pub hash_known_hosts: bool,
    /// Names of key pairs in `~/.ssh`, all of type ed25519.
    pub keys: Vec<String>,
}

/// An account to log in to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Its name; `visitor` is the person in front of the client.
    pub name: String,
    /// Its shell.
    #[serde(default = "default_shell")]
    pub shell: String,
    /// Which of the client's key pairs may log in.
    #[serde(default)]
    pub authorized: Vec<String>,
    /// Text in front of each key in `authorized_keys`.
    #[serde(default)]
    pub options: String,
    /// Permission bits of the home directory.
    #[serde(default = "default_home_mode")]
    pub home_mode: u32,
}

fn default_shell() -> String {
    "/bin/sh".into()
}

fn default_home_mode() -> u32 {
    0o755
}

/// What a visitor in the background does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Visit {
    /// Connects and keeps the connection without a word.
    Hold,
    /// Connects, reads the first line and leaves.
    Leave,
}

/// Connections in the background.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// From which host.
    pub from: String,
    /// To which address and port.
    pub to: String,
    /// How many.
    pub count: u32,
    /// What each does.
    pub visit: Visit,
}

/// The truth about a scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truth {
    /// Id of the cause.
    pub cause: String,
    /// Ids that nobody could tell from it from outside, here; `@name` stands for a list of `alike.toml`.
    #[serde(default)]
    pub alike: Vec<String>,
}

/// What the program has to find.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The outcome in the report.
    pub outcome: String,
    /// Other outcomes that say the same.
    #[serde(default)]
    pub or_outcomes: Vec<String>,
    /// The stage that is stopped.
    #[serde(default)]
    pub stopped_stage: Option<String>,
    /// Other stages that are as right.
    #[serde(default)]
    pub or_stages: Vec<String>,
    /// The exit status; 1, or 0 when the scenario is healthy.
    #[serde(default)]
    pub exit: Option<i32>,
    /// The wall time that is aimed at, in milliseconds: reported, never a failure. At 40 ms round trip: two of them and 60 ms
    /// where the target answers, one more where a name server is asked over the same link, ten or so where keys are exchanged by
    /// this program and once more by the real `ssh`.
    #[serde(default)]
    pub max_ms: Option<u64>,
    /// Why this is what has to be found, where that is not plain.
    #[serde(default)]
    pub note: String,
}

/// The stages at which a scenario may stop, in the words of a report.
pub const STAGES: [&str; 11] = [
    "client",
    "name",
    "route",
    "network-firewall",
    "host-firewall",
    "listener",
    "banner",
    "key-exchange",
    "host-key",
    "authentication",
    "session",
];
