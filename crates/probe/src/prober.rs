//! One question in, observations out.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use sshdoctor_case::{
    Approach, Ask, Destination, Fact, Observation, PortRole, Question, SshOptions,
};
use tokio::{
    sync::{mpsc::UnboundedSender, watch},
    time::timeout_at,
};

use crate::{
    answering::Answering,
    approach::{self, HostKeySeen},
    client_config::{self, Resolved},
    home::Account,
    known_hosts::{self, KnownHostsFiles},
    login,
    names::{self, with_scope},
    network::{
        answer_ttl::{answer_ttl, ttl_equals},
        echo::echo,
        listening::local_services,
        route::route,
        trace::trace,
    },
    own_exchange, proxy_command, via,
};

/// How much later than its deadline a question may return: time for what was seen at the last moment to be sent.
const GRACE: Duration = Duration::from_millis(30);

/// Answers the questions of one inquiry.
///
/// What one answer needs of another (the client configuration, the known_hosts files, the host key) is kept between
/// questions. Questions may be answered concurrently.
pub struct Prober {
    destination: Destination,
    options: SshOptions,
    start: Instant,
    account: Account,
    config: watch::Sender<ConfigState>,
    known_hosts: KnownHostsFiles,
    host_key: Mutex<Option<HostKeySeen>>,
    jumps: Mutex<Vec<(String, Arc<Resolved>)>>,
}

/// Where the question for the client configuration is.
#[derive(Clone, Default)]
enum ConfigState {
    #[default]
    NotAsked,
    UnderWay,
    Known(Option<Arc<Resolved>>),
}

impl Prober {
    /// A prober for a destination and options as typed after `ssh`; `start` is the instant that `at_ms` counts from.
    #[must_use]
    pub fn new(destination: Destination, options: SshOptions, start: Instant) -> Self {
        Self {
            destination,
            options,
            start,
            account: Account::current(),
            config: watch::Sender::new(ConfigState::NotAsked),
            known_hosts: KnownHostsFiles::default(),
            host_key: Mutex::new(None),
            jumps: Mutex::new(Vec::new()),
        }
    }

    /// Answers one question; sends each observation as soon as it is made.
    ///
    /// Returns when nothing more will come, never later than the deadline plus 50 ms. Dropping the future ends every
    /// child process it started. Needs a Tokio runtime with I/O and time enabled.
    pub async fn answer(&self, ask: Ask, out: UnboundedSender<(u32, Observation)>) {
        let answering = Answering::new(&ask, self.start, out);
        let until = answering.deadline() + GRACE;
        let inner = self.dispatch(&answering, ask.question);
        if timeout_at(until.into(), inner).await.is_err() {
            answering.not_observed(&format!("no answer within {} ms", ask.deadline_ms));
        }
    }

    async fn dispatch(&self, answering: &Answering, question: Question) {
        match question {
            Question::ClientConfig => self.client_config(answering).await,
            Question::JumpConfig { jump } => {
                let resolved =
                    client_config::answer_for_jump(answering, &jump, &self.options, &self.account)
                        .await;
                if let Some(resolved) = resolved {
                    self.lock_jumps().push((jump, Arc::new(resolved)));
                }
            }
            Question::KnownHosts { names, port, files } => {
                known_hosts::answer(answering, &self.known_hosts, names, port, files).await;
            }
            Question::Resolve { name, family } => names::resolve(answering, &name, family).await,
            Question::HostsFile { name } => names::hosts_file(answering, &name),
            Question::NameServers { name } => names::name_servers(answering, &name).await,
            Question::Approach { approach } => self.approach(answering, &approach).await,
            Question::Via { jump, host, port } => {
                via::answer(answering, &self.options, &jump, &host, port).await;
            }
            Question::ProxyCommand { command } => self.proxy_command(answering, &command).await,
            Question::OwnKeyExchange { to } => {
                own_exchange::answer(answering, &self.destination, &self.options, to).await;
            }
            Question::Login => {
                let host_key = self.lock_host_key().clone();
                let config = self.config_when_known(answering.deadline()).await;
                login::answer(
                    answering,
                    &self.destination,
                    &self.options,
                    config.as_deref(),
                    host_key.as_ref(),
                )
                .await;
            }
            network => ask_network(answering, network, &self.destination.host).await,
        }
    }

    async fn client_config(&self, answering: &Answering) {
        self.config.send_replace(ConfigState::UnderWay);
        // Whoever waits for the configuration must not wait for a question that was given up.
        let given_up = SettleOnDrop(&self.config);
        let resolved =
            client_config::answer(answering, &self.destination, &self.options, &self.account).await;
        self.config
            .send_replace(ConfigState::Known(resolved.map(Arc::new)));
        drop(given_up);
    }

    async fn approach(&self, answering: &Answering, approach: &Approach) {
        let surroundings = approach::Surroundings {
            destination: &self.destination,
            account: &self.account,
            config: self.config_of_next_hop(answering.deadline()).await,
            known_hosts: &self.known_hosts,
        };
        let seen = approach::answer(answering, approach, &surroundings).await;
        if let Some(seen) = seen
            && approach.role == PortRole::Target
        {
            *self.lock_host_key() = Some(seen);
        }
    }

    async fn proxy_command(&self, answering: &Answering, command: &str) {
        let config = self.config_when_known(answering.deadline()).await;
        let unexpanded = config
            .as_deref()
            .map(|resolved| &resolved.config)
            .filter(|config| config.proxy_command.as_deref() == Some(command));
        let expanded = unexpanded.map_or_else(
            || command.to_owned(),
            |config| {
                let values = proxy_command::TokenValues {
                    host: &config.host_name,
                    typed: &self.destination.host,
                    port: config.port,
                    user: &config.user,
                };
                proxy_command::expand_tokens(command, &values)
            },
        );
        proxy_command::answer(answering, &expanded).await;
    }

    /// The configuration; waits while it is being found out, at most until the deadline.
    async fn config_when_known(&self, deadline: Instant) -> Option<Arc<Resolved>> {
        let mut state = self.config.subscribe();
        let settled = state.wait_for(|state| !matches!(state, ConfigState::UnderWay));
        match timeout_at(deadline.into(), settled).await {
            Ok(Ok(state)) => match &*state {
                ConfigState::Known(resolved) => resolved.clone(),
                ConfigState::NotAsked | ConfigState::UnderWay => None,
            },
            _ => None,
        }
    }

    /// The configuration of the machine that a direct connection goes to: the first jump host, where there is one.
    async fn config_of_next_hop(&self, deadline: Instant) -> Option<Arc<Resolved>> {
        let own = self.config_when_known(deadline).await?;
        let jumps = self.lock_jumps();
        let next = match own.config.proxy_jump.first() {
            Some(first) => jumps.iter().find(|(jump, _)| jump == first),
            // The host behind a ProxyCommand, when its configuration was asked for.
            None => jumps.first(),
        };
        Some(next.map_or(own, |(_, resolved)| Arc::clone(resolved)))
    }

    fn lock_jumps(&self) -> MutexGuard<'_, Vec<(String, Arc<Resolved>)>> {
        self.jumps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_host_key(&self) -> MutexGuard<'_, Option<HostKeySeen>> {
        self.host_key.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct SettleOnDrop<'a>(&'a watch::Sender<ConfigState>);

impl Drop for SettleOnDrop<'_> {
    fn drop(&mut self) {
        self.0.send_if_modified(|state| {
            let abandoned = matches!(state, ConfigState::UnderWay);
            if abandoned {
                *state = ConfigState::Known(None);
            }
            abandoned
        });
    }
}

/// The questions of the network room.
async fn ask_network(answering: &Answering, question: Question, host: &str) {
    let began = answering.began();
    let left = answering
        .deadline()
        .saturating_duration_since(Instant::now());
    let fact = match question {
        Question::Route { to } => Fact::Route {
            to,
            outcome: route(to).await,
        },
        Question::AnswerTtl { to } => Fact::AnswerTtl {
            to,
            ttl: answer_ttl(with_scope(to, host), left).await,
        },
        Question::TtlEquals { to, expected } => Fact::TtlEquals {
            to,
            expected,
            equal: ttl_equals(with_scope(to, host), expected, left).await,
        },
        Question::Echo { to } => Fact::Echo {
            to,
            outcome: echo(to, left).await,
        },
        Question::Trace { to, max_ttl } => {
            let (hops, local_drops) = trace(with_scope(to, host), max_ttl, left).await;
            Fact::Trace {
                to,
                hops,
                local_drops,
            }
        }
        Question::LocalServices => match tokio::task::spawn_blocking(local_services).await {
            Ok(services) => Fact::LocalServices { services },
            Err(error) => {
                answering.not_observed(&format!("reading /proc broke off: {error}"));
                return;
            }
        },
        _ => {
            answering.not_observed("no observer for this question");
            return;
        }
    };
    answering.saw(began, fact);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_can_be_spawned(_: impl Future<Output = ()> + Send) {}

    #[test]
    fn an_answer_can_move_between_threads() {
        let destination = Destination::parse("web1").unwrap();
        let prober = Prober::new(destination, SshOptions::default(), Instant::now());
        let (sender, _receiver) = tokio::sync::mpsc::unbounded_channel();
        let ask = Ask {
            number: 1,
            question: Question::Login,
            deadline_ms: 1,
            reason: String::new(),
        };
        assert_can_be_spawned(prober.answer(ask, sender));
    }
}
