//! What a server shows, each fact in one line.

use sshdoctor_case::{
    Account, AuthorizedKeysFile, BanTool, Boot, Fact, HostKeyFile, InitSystem, KeySource, Listener,
    Log, LogSource, NetworkSettings, OtherNamespace, Resources, Selinux, Sight, SshdBinary,
    SshdCheck, SshdConfig, SshdDirectory, SshdInstance, TcpWrappers, Unit,
};

/// A fact of a server in one line; nothing for a fact of the client.
pub(crate) fn summary(fact: &Fact) -> String {
    match fact {
        Fact::OperatingSystem { system } => format!("{} on Linux {}", system.name, system.kernel),
        Fact::InitSystem { init } => init_system(init),
        Fact::Unit { unit } => unit_line(unit),
        Fact::Boot { boot } => boot_line(boot),
        Fact::SshdProgram { program } => program_line(program),
        Fact::SshdCheck { check } => check_line(check),
        Fact::SshdConfig { config } => config_line(config),
        Fact::SshdProcesses { processes } => processes_line(processes),
        Fact::SshdDirectory { directory } => directory_line(directory),
        Fact::HostKeyFiles { keys } => host_keys(keys),
        Fact::Listeners {
            listeners,
            elsewhere,
        } => listeners_line(listeners, elsewhere),
        Fact::Connections { connections } => {
            format!("{} connections to the SSH port", connections.len())
        }
        Fact::Interfaces { interfaces } => format!(
            "addresses {}",
            joined(interfaces.iter().flat_map(|interface| {
                interface
                    .addresses
                    .iter()
                    .map(|own| format!("{}/{} on {}", own.address, own.prefix, interface.name))
            }))
        ),
        Fact::NetworkSettings { settings } => network_settings(settings),
        Fact::PacketFilter { summary, .. } => summary.clone(),
        Fact::TcpWrappers { wrappers } => wrappers_line(wrappers),
        Fact::BanTool { ban_tool } => ban_tool_line(ban_tool),
        Fact::Log { log } => log_line(log),
        Fact::Resources { resources } => resources_line(resources),
        Fact::Clock { clock } => match clock.synchronised {
            Some(true) => "the clock is synchronised".to_owned(),
            Some(false) => "the clock is not synchronised".to_owned(),
            None => "whether the clock is synchronised is not known".to_owned(),
        },
        Fact::Account { account } => account_line(account),
        Fact::AuthorizedKeys { file } => keys_line(file),
        Fact::KeySources { sources } => key_sources_line(sources),
        Fact::Pam { pam } => format!("PAM service {}: {} rules", pam.service, pam.rules.len()),
        Fact::Selinux { selinux } => selinux_line(selinux),
        Fact::AppArmor { apparmor } => match &apparmor.sshd_profile {
            Some(profile) => format!("AppArmor: sshd is {profile}"),
            None if apparmor.enabled => "AppArmor is on".to_owned(),
            None => "AppArmor is off".to_owned(),
        },
        Fact::CloudMetadata { cloud } => format!(
            "{} translates {} to this machine",
            cloud.provider,
            cloud.public_list()
        ),
        Fact::CryptoPolicy { policy } => format!("crypto policy {}", policy.name),
        Fact::NotSeen { sight, reason, .. } => {
            format!("{} not seen: {reason}", sight_words(*sight))
        }
        _ => String::new(),
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() {
        "none".to_owned()
    } else {
        parts.join(", ")
    }
}

fn init_system(init: &InitSystem) -> String {
    let failed = init.failed_units.iter().map(ToString::to_string);
    format!(
        "{:?}, {:?}; failed units: {}",
        init.kind,
        init.state,
        joined(failed)
    )
}

fn unit_line(unit: &Unit) -> String {
    let enabled = match &unit.enabled {
        Some(enabled) => format!(", {enabled}"),
        None => String::new(),
    };
    let result = match &unit.failure {
        Some(failure) => format!(", result {}", failure.result),
        None => String::new(),
    };
    format!(
        "{}: {} ({}){enabled}{result}",
        unit.name, unit.active_state, unit.sub_state
    )
}

fn boot_line(boot: &Boot) -> String {
    let rules = boot.saved_rules.iter().map(|rules| rules.tool.to_string());
    format!("the next boot loads rules of: {}", joined(rules))
}

fn program_line(program: &SshdBinary) -> String {
    match (&program.path, &program.version) {
        (Some(path), Some(version)) => format!("{path} is {version}"),
        (Some(path), None) => format!("{path} is installed"),
        (None, _) => match &program.not_executable {
            Some(file) => format!("{file} is there, and nobody may execute it"),
            None => "no sshd is installed".to_owned(),
        },
    }
}

fn check_line(check: &SshdCheck) -> String {
    let said = check.said.first().map(|line| format!(": {line}"));
    match check.status {
        Some(0) => format!("{} finds nothing wrong", check.command),
        Some(status) => format!(
            "{} ends with status {status}{}",
            check.command,
            said.unwrap_or_default()
        ),
        None => format!("{} crashed{}", check.command, said.unwrap_or_default()),
    }
}

fn config_line(config: &SshdConfig) -> String {
    let ports = config.listen.iter().map(|listen| match listen.address {
        Some(address) => std::net::SocketAddr::new(address, listen.port).to_string(),
        None => format!("port {}", listen.port),
    });
    format!("{} wants to listen on {}", config.path, joined(ports))
}

fn processes_line(processes: &[SshdInstance]) -> String {
    let masters = processes.iter().filter(|process| process.is_master);
    let words = masters.map(|process| format!("{} (state {})", process.pid, process.state));
    format!("listening sshd processes: {}", joined(words))
}

fn directory_line(directory: &SshdDirectory) -> String {
    if directory.exists {
        format!("{} is there", directory.path)
    } else {
        format!("{} is not there", directory.path)
    }
}

fn host_keys(keys: &[HostKeyFile]) -> String {
    let words = keys.iter().map(|key| match &key.problem {
        Some(problem) => format!("{} ({problem})", key.path),
        None if key.exists => key.path.to_string(),
        None => format!("{} (missing)", key.path),
    });
    format!("host keys: {}", joined(words))
}

fn listeners_line(listeners: &[Listener], elsewhere: &[OtherNamespace]) -> String {
    let words = listeners
        .iter()
        .map(|listener| match listener.owners.first() {
            Some(owner) => format!("{} ({})", listener.address, owner.name),
            None => listener.address.to_string(),
        });
    let others = match elsewhere.len() {
        0 => String::new(),
        count => format!("; the port is also open in {count} other network namespaces"),
    };
    format!("listening: {}{others}", joined(words))
}

fn network_settings(settings: &NetworkSettings) -> String {
    match (&settings.way_back, &settings.refusing_route) {
        (Some(interface), _) => format!("packets to the client leave by {interface}"),
        (None, Some(route)) => format!("the route to the client is {route}"),
        (None, None) => "settings of the kernel's network".to_owned(),
    }
}

fn wrappers_line(wrappers: &TcpWrappers) -> String {
    match (&wrappers.linked, &wrappers.rule) {
        (Some(false), _) => "sshd does not ask tcp wrappers".to_owned(),
        (_, Some(rule)) => format!("{} line {}: {}", rule.file, rule.line, rule.text),
        (_, None) => "no line of hosts.allow or hosts.deny matches the client".to_owned(),
    }
}

fn ban_tool_line(tool: &BanTool) -> String {
    let jails = tool.jails.iter().filter(|jail| jail.ban.is_some());
    let bans: Vec<String> = jails.map(|jail| format!("jail {}", jail.name)).collect();
    match (&tool.problem, bans.as_slice()) {
        (Some(problem), []) => format!("{}: {problem}", tool.tool),
        (_, []) if tool.ban.is_some() => format!("{} bans the client", tool.tool),
        (_, []) => format!("{} does not ban the client", tool.tool),
        (_, bans) => format!("{} bans the client ({})", tool.tool, bans.join(", ")),
    }
}

fn log_line(log: &Log) -> String {
    let source = match &log.source {
        LogSource::Journal { unit } => format!("journal of {unit}"),
        LogSource::File { path } => path.to_string(),
        LogSource::KernelRing => "kernel log".to_owned(),
    };
    match log.lines.last() {
        Some(last) => format!(
            "{source}: {} lines, last: {}",
            log.lines.len(),
            last.message
        ),
        None => format!("{source}: no lines"),
    }
}

fn resources_line(resources: &Resources) -> String {
    let full = resources
        .file_systems
        .iter()
        .filter(|system| system.bytes_free == 0);
    format!(
        "full file systems: {}",
        joined(full.map(|system| system.place.to_string()))
    )
}

fn account_line(account: &Account) -> String {
    match (&account.home, account.exists) {
        (_, false) => format!("there is no account {}", account.name),
        (Some(home), true) => format!("account {}, home {home}", account.name),
        (None, true) => format!("account {}", account.name),
    }
}

fn keys_line(file: &AuthorizedKeysFile) -> String {
    match file.readable {
        Some(true) => format!("{}: {} keys", file.path, file.keys.len()),
        Some(false) => format!("{} is not there", file.path),
        None => format!("{} could not be read", file.path),
    }
}

fn key_sources_line(sources: &[KeySource]) -> String {
    let each = sources.iter().map(|source| match &source.problem {
        Some(problem) => format!("{} {}: {problem}", source.setting, source.path),
        None => format!("{} {}", source.setting, source.path),
    });
    each.collect::<Vec<_>>().join("; ")
}

fn selinux_line(selinux: &Selinux) -> String {
    format!("SELinux: {:?}", selinux.mode)
}

pub(crate) const fn sight_words(sight: Sight) -> &'static str {
    match sight {
        Sight::System => "the system",
        Sight::Init => "the init system",
        Sight::Boot => "the next boot",
        Sight::SshdProgram => "the sshd program",
        Sight::SshdConfig => "sshd's configuration",
        Sight::SshdProcesses => "sshd processes",
        Sight::HostKeys => "the host keys",
        Sight::Listeners => "listening sockets",
        Sight::Connections => "connections",
        Sight::Interfaces => "interfaces",
        Sight::RouteBack => "the way back to the client",
        Sight::NetworkSettings => "network settings",
        Sight::PacketFilter => "the packet filter",
        Sight::SavedRules => "rules that the next boot loads",
        Sight::TcpWrappers => "tcp wrappers",
        Sight::BanTools => "tools that ban",
        Sight::SshdLog => "sshd's log",
        Sight::KernelLog => "the kernel's log",
        Sight::Resources => "disk, memory and processes",
        Sight::Clock => "the clock",
        Sight::Account => "the account",
        Sight::AuthorizedKeys => "keys that may log in",
        Sight::Pam => "the PAM stack",
        Sight::MandatoryAccess => "SELinux and AppArmor",
        Sight::CryptoPolicy => "the crypto policy",
        Sight::CloudMetadata => "what the provider says of this machine",
    }
}
