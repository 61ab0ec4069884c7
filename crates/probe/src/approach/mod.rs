//! One connection to one port, carried as far as asked: connect, identification string, key exchange, host key.

mod banner;
mod host_key;
mod key_exchange;
mod preferences;
mod pump;

use std::{net::IpAddr, sync::Arc, time::Instant};

use sshdoctor_case::{
    AlgorithmOffer, Approach, BannerOutcome, Depth, Destination, Fact, KexOutcome,
};
use tokio::net::TcpStream;

use self::key_exchange::Ended;
use crate::{
    answering::Answering,
    client_config::Resolved,
    home::Account,
    known_hosts::KnownHostsFiles,
    names::with_scope,
    network::connect::{Attempt, ConnectOptions, connect},
};

pub(crate) use host_key::HostKeySeen;

/// What an approach uses of earlier answers.
pub(crate) struct Surroundings<'a> {
    pub(crate) destination: &'a Destination,
    pub(crate) account: &'a Account,
    pub(crate) config: Option<Arc<Resolved>>,
    pub(crate) known_hosts: &'a KnownHostsFiles,
}

impl Surroundings<'_> {
    fn offer(&self) -> Option<&AlgorithmOffer> {
        self.config.as_ref()?.config.offer.as_ref()
    }
}

/// Carries the connection out. Returns the host key when it came that far.
pub(crate) async fn answer(
    answering: &Answering,
    approach: &Approach,
    surroundings: &Surroundings<'_>,
) -> Option<HostKeySeen> {
    let attempt = connect_as_ssh_would(answering, approach, surroundings).await;
    let fact = Fact::TcpConnect {
        to: approach.to,
        role: approach.role,
        from: attempt.from,
        outcome: attempt.outcome,
    };
    answering.saw(answering.began(), fact);
    let mut stream = attempt.stream.filter(|_| approach.depth > Depth::Connect)?;

    let began = Instant::now();
    let speak_first = approach.depth == Depth::HostKey;
    let read = banner::read(
        &mut stream,
        speak_first,
        attempt.reset,
        answering.deadline(),
    )
    .await;
    let fact = Fact::Banner {
        to: approach.to,
        role: approach.role,
        outcome: read.outcome.clone(),
        preceding: read.preceding,
    };
    answering.saw(began, fact);
    let opening = read.opening?;
    let identified = matches!(read.outcome, BannerOutcome::Identified { .. });
    if !identified || approach.depth < Depth::HostKey {
        return None;
    }
    exchange_keys(answering, approach, surroundings, stream, opening).await
}

async fn connect_as_ssh_would(
    answering: &Answering,
    approach: &Approach,
    surroundings: &Surroundings<'_>,
) -> Attempt {
    let config = surroundings
        .config
        .as_deref()
        .map(|resolved| &resolved.config);
    let bind_address: Option<IpAddr> = config
        .and_then(|config| config.bind_address.as_deref())
        .and_then(|address| address.parse().ok());
    let options = ConnectOptions {
        segment_size: approach.segment_size,
        // A source address of one family cannot reach the other.
        bind_address: bind_address.filter(|address| address.is_ipv4() == approach.to.is_ipv4()),
        bind_interface: config.and_then(|config| config.bind_interface.clone()),
        ttl: None,
    };
    let left = answering
        .deadline()
        .saturating_duration_since(Instant::now());
    let host = config.map_or(&surroundings.destination.host, |config| &config.host_name);
    connect(with_scope(approach.to, host), &options, left).await
}

async fn exchange_keys(
    answering: &Answering,
    approach: &Approach,
    surroundings: &Surroundings<'_>,
    mut stream: TcpStream,
    opening: banner::Opening,
) -> Option<HostKeySeen> {
    let began = Instant::now();
    let names = host_key::LookUp::new(surroundings, approach.to);
    let known = surroundings.known_hosts.load(names.files.clone()).await;
    let preferred = preferences::preferred(surroundings.offer(), &known.known, &names);
    let ended = key_exchange::run(
        &mut stream,
        opening,
        preferred,
        surroundings.offer(),
        answering.deadline(),
    )
    .await;
    let Ended {
        outcome,
        server_offer,
        host_key,
    } = ended;
    let fact = |outcome: KexOutcome| Fact::KeyExchange {
        to: approach.to,
        role: approach.role,
        outcome,
        server_offer: server_offer.clone(),
        client_offer: surroundings.offer().cloned(),
        segment_size: approach.segment_size,
    };
    match outcome {
        Ok(outcome) => answering.saw(began, fact(outcome)),
        Err(reason) => answering.not_observed(&reason),
    }
    let seen = host_key::judge(host_key?, &known, &names);
    let fact = Fact::HostKey {
        to: approach.to,
        role: approach.role,
        key_type: seen.key_type.clone(),
        fingerprint: seen.fingerprint.clone(),
        verdict: seen.verdict.clone(),
        also_known_as: seen.also_known_as.clone(),
    };
    answering.saw(began, fact);
    Some(seen)
}
