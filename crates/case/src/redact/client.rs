//! The client's files and configuration, and the questions that name them.

use crate::{
    Approach, ClientConfig, ConfigProblem, ConfigSource, KnownKey, Question, Received,
    RememberedPort, RememberedWhere,
};

use super::{as_received, pseudonyms::Pseudonyms};

impl Pseudonyms {
    pub(super) fn config(&mut self, config: ClientConfig) -> ClientConfig {
        let ClientConfig {
            origin,
            host_name,
            port,
            user,
            address_family,
            proxy_jump,
            proxy_command,
            host_key_alias,
            known_hosts_files,
            bind_address,
            bind_interface,
            other_ports,
            offer,
            strict_host_key_checking,
            control_socket,
        } = config;
        let origin = match origin {
            ConfigSource::SshG { version } => ConfigSource::SshG { version },
            ConfigSource::WithoutSsh => ConfigSource::WithoutSsh,
        };
        ClientConfig {
            origin,
            host_name: self.host(&host_name),
            port,
            user: self.user(&user),
            address_family,
            proxy_jump: proxy_jump.iter().map(|jump| self.jump(jump)).collect(),
            proxy_command: proxy_command.map(|command| self.command(&command)),
            host_key_alias: host_key_alias.map(|alias| self.host(&alias)),
            known_hosts_files: known_hosts_files
                .iter()
                .map(|path| self.path(path))
                .collect(),
            bind_address: bind_address.map(|address| self.host(&address)),
            bind_interface: bind_interface.map(|name| self.interface(&name)),
            other_ports: self.ports(other_ports),
            offer,
            strict_host_key_checking,
            control_socket: control_socket.map(|path| self.path(&path)),
        }
    }

    pub(super) fn problem(&mut self, problem: ConfigProblem) -> ConfigProblem {
        let ConfigProblem {
            cause,
            file,
            line,
            message,
        } = problem;
        ConfigProblem {
            cause,
            file: file.map(|file| as_received(&self.path(file.as_str()))),
            line,
            message: self.received(&message),
        }
    }

    pub(super) fn ports(&mut self, ports: Vec<RememberedPort>) -> Vec<RememberedPort> {
        ports
            .into_iter()
            .map(|RememberedPort { port, place }| RememberedPort {
                port,
                place: match place {
                    RememberedWhere::KnownHosts { file, line, hashed } => {
                        RememberedWhere::KnownHosts {
                            file: self.path(&file),
                            line,
                            hashed,
                        }
                    }
                    RememberedWhere::SshConfig { alias } => RememberedWhere::SshConfig {
                        alias: self.host(&alias),
                    },
                },
            })
            .collect()
    }

    pub(super) fn keys(&mut self, keys: Vec<KnownKey>) -> Vec<KnownKey> {
        keys.into_iter().map(|key| self.key(key)).collect()
    }

    pub(super) fn key(&mut self, key: KnownKey) -> KnownKey {
        let KnownKey {
            file,
            line,
            marker,
            key_type,
            fingerprint,
        } = key;
        KnownKey {
            file: self.path(&file),
            line,
            marker,
            key_type,
            fingerprint: self.fingerprint(&fingerprint),
        }
    }

    pub(super) fn texts(&mut self, texts: &[Received]) -> Vec<Received> {
        texts.iter().map(|text| self.received(text)).collect()
    }

    pub(super) fn question(&mut self, question: Question) -> Question {
        match question {
            Question::JumpConfig { jump } => Question::JumpConfig {
                jump: self.jump(&jump),
            },
            Question::KnownHosts { names, port, files } => Question::KnownHosts {
                names: names.iter().map(|name| self.place(name)).collect(),
                port,
                files: files.iter().map(|path| self.path(path)).collect(),
            },
            Question::Resolve { name, family } => Question::Resolve {
                name: self.host(&name),
                family,
            },
            Question::HostsFile { name } => Question::HostsFile {
                name: self.host(&name),
            },
            Question::NameServers { name } => Question::NameServers {
                name: self.host(&name),
            },
            Question::OwnKeyExchange { to } => Question::OwnKeyExchange {
                to: self.address(to),
            },
            Question::Route { to } => Question::Route {
                to: self.address(to),
            },
            Question::Approach { approach } => {
                let Approach {
                    to,
                    role,
                    depth,
                    segment_size,
                } = approach;
                Question::Approach {
                    approach: Approach {
                        to: self.socket_address(to),
                        role,
                        depth,
                        segment_size,
                    },
                }
            }
            Question::AnswerTtl { to } => Question::AnswerTtl {
                to: self.socket_address(to),
            },
            Question::TtlEquals { to, expected } => Question::TtlEquals {
                to: self.socket_address(to),
                expected,
            },
            Question::Echo { to } => Question::Echo {
                to: self.address(to),
            },
            Question::Trace { to, max_ttl } => Question::Trace {
                to: self.socket_address(to),
                max_ttl,
            },
            Question::Via { jump, host, port } => Question::Via {
                jump: self.jump(&jump),
                host: self.host(&host),
                port,
            },
            Question::ProxyCommand { command } => Question::ProxyCommand {
                command: self.command(&command),
            },
            same @ (Question::ClientConfig | Question::Login | Question::LocalServices) => same,
        }
    }
}
