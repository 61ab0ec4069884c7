//! The worlds against themselves: what a world makes likely must never speak against its own cause.

use crate::catalogue;
use crate::outside::belief::Belief;
use crate::outside::likelihood::likelihood;
use crate::outside::reading::{
    Connect, Echo, Elsewhere, Exchange, FirstBytes, HostKey, Names, Reading, Sender, Sourced,
};
use crate::outside::setting::Setting;
use crate::outside::world::World;

const CONNECTS: [Connect; 17] = [
    Connect::Connected,
    Connect::Reset,
    Connect::PortUnreachable(Sender::Host),
    Connect::PortUnreachable(Sender::Router),
    Connect::PortUnreachable(Sender::Client),
    Connect::Prohibited(Sender::Host),
    Connect::Prohibited(Sender::Router),
    Connect::Prohibited(Sender::Client),
    Connect::HostUnreachable(Sender::Router),
    Connect::NetUnreachable(Sender::Router),
    Connect::TimeExceeded,
    Connect::OtherIcmp,
    Connect::Silent,
    Connect::NoLocalRoute,
    Connect::NoNeighbour,
    Connect::LocallyForbidden,
    Connect::OtherLocal,
];

/// What a client would most probably see in a world, in the order in which it asks.
fn most_probable(world: &World, setting: &Setting) -> Vec<Sourced> {
    let best = |candidates: Vec<Reading>| {
        candidates
            .into_iter()
            .max_by(|one, other| {
                likelihood(one, None, world, setting)
                    .total_cmp(&likelihood(other, None, world, setting))
            })
            .map(|reading| Sourced {
                reading,
                evidence: vec!["e1".into()],
            })
    };
    let names = best(
        [
            Names::Agree,
            Names::HostsFileDiffers,
            Names::NotFound,
            Names::NoAddressOfFamily,
            Names::ServersDown,
        ]
        .map(Reading::Names)
        .to_vec(),
    );
    let mut seen: Vec<Sourced> = names.into_iter().collect();
    if !matches!(
        seen[0].reading,
        Reading::Names(Names::Agree | Names::HostsFileDiffers)
    ) {
        return seen;
    }
    seen.extend(best(CONNECTS.map(Reading::Target).to_vec()));
    if seen[1].reading == Reading::Target(Connect::Connected) {
        let first = [
            FirstBytes::Ssh,
            FirstBytes::SshOne,
            FirstBytes::OtherProtocol,
            FirstBytes::Silence,
            FirstBytes::Trickle,
            FirstBytes::Close,
            FirstBytes::Reset,
            FirstBytes::TooManyStartups,
            FirstBytes::Penalty,
        ];
        seen.extend(best(first.map(Reading::FirstBytes).to_vec()));
        let exchange = [
            Exchange::Completed,
            Exchange::Hung,
            Exchange::NoCommon,
            Exchange::Broke,
        ];
        seen.extend(best(exchange.map(Reading::Exchange).to_vec()));
        let keys = [
            HostKey::Match,
            HostKey::Changed,
            HostKey::UnknownAndStrict,
            HostKey::Revoked,
        ];
        seen.extend(best(keys.map(Reading::HostKey).to_vec()));
    } else {
        seen.extend(best(CONNECTS.map(Reading::Control).to_vec()));
        seen.extend(best(
            [Echo::Reply, Echo::Silent, Echo::Unreachable]
                .map(Reading::Echo)
                .to_vec(),
        ));
        seen.extend(best(
            [
                Elsewhere::CustomaryPort,
                Elsewhere::NotFound,
                Elsewhere::Unanswered,
            ]
            .map(Reading::Elsewhere)
            .to_vec(),
        ));
    }
    seen
}

#[test]
fn no_cause_is_contradicted_by_what_its_own_worlds_make_likely() {
    let setting = Setting {
        has_known_keys: true,
        ..Setting::default()
    };
    let mut wrong = Vec::new();
    for cause in catalogue::all() {
        for weighted in cause.worlds.iter().filter(|w| !w.world.client_stops) {
            let seen = most_probable(&weighted.world, &setting);
            let belief = Belief::new(seen.clone(), setting);
            if belief
                .contradicted()
                .iter()
                .any(|entry| entry.cause.id == cause.id)
            {
                let readings: Vec<_> = seen.iter().map(|s| &s.reading).collect();
                wrong.push(format!("{}: {readings:?}", cause.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn one_lost_packet_contradicts_nothing() {
    let setting = Setting::default();
    let mut seen = most_probable(&World::NOTHING_LISTENS, &setting);
    let control = seen
        .iter_mut()
        .find(|sourced| matches!(sourced.reading, Reading::Control(_)));
    if let Some(control) = control {
        control.reading = Reading::Control(Connect::SilentSoFar);
    }
    let belief = Belief::new(seen, setting);
    let contradicted: Vec<&str> = belief.contradicted().iter().map(|c| c.cause.id).collect();
    for id in ["sshd-stopped", "port-changed", "bound-to-loopback"] {
        assert!(!contradicted.contains(&id), "{contradicted:?}");
    }
}

#[test]
fn probabilities_and_the_unlisted_rest_sum_to_one() {
    let setting = Setting::default();
    let belief = Belief::new(most_probable(&World::NOBODY, &setting), setting);
    let sum: f64 = belief.causes(|_| true).iter().map(|w| w.probability).sum();
    assert!(sum < 1.0 && sum > 0.9, "{sum}");
}
