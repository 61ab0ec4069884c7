//! `P(reading | world)` for what is said on an accepted connection.

use super::table::Row;
use crate::outside::reading::{Exchange as ExchangeReading, HostKey as KeyReading, SmallSegments};
use crate::outside::setting::Setting;
use crate::outside::world::{Exchange, FirstBytes, HostKey, Listener, World};

/// The first bytes.
pub(crate) fn first_bytes(world: &World) -> Row<FirstBytes> {
    use FirstBytes as Read;
    if world.listener == Listener::QueueFull {
        return Row::new(&[
            (Read::Silence, 0.9),
            (Read::Reset, 0.05),
            (Read::Close, 0.05),
        ]);
    }
    Row::new(match world.first_bytes {
        FirstBytes::Ssh => &[
            (Read::Ssh, 0.985),
            (Read::Silence, 0.003),
            (Read::Close, 0.004),
            (Read::Reset, 0.004),
        ],
        FirstBytes::SshOne => &[(Read::SshOne, 0.99)],
        FirstBytes::OtherProtocol => &[
            (Read::OtherProtocol, 0.6),
            (Read::Silence, 0.25),
            (Read::Close, 0.1),
            (Read::Reset, 0.03),
        ],
        FirstBytes::Silence => &[
            (Read::Silence, 0.93),
            (Read::Close, 0.03),
            (Read::Reset, 0.02),
            (Read::Ssh, 0.005),
        ],
        FirstBytes::Trickle => &[(Read::Trickle, 0.95), (Read::Silence, 0.04)],
        FirstBytes::Close => &[
            (Read::Close, 0.8),
            (Read::Reset, 0.15),
            (Read::Silence, 0.04),
        ],
        FirstBytes::Reset => &[(Read::Reset, 0.75), (Read::Close, 0.23)],
        FirstBytes::TooManyStartups => &[
            (Read::TooManyStartups, 0.45),
            (Read::Ssh, 0.2),
            (Read::Close, 0.15),
            (Read::Reset, 0.19),
        ],
        FirstBytes::Penalty => &[
            (Read::Penalty, 0.85),
            (Read::Close, 0.07),
            (Read::Reset, 0.07),
        ],
    })
}

/// The key exchange.
pub(crate) fn exchange(world: &World) -> Row<ExchangeReading> {
    use ExchangeReading as Read;
    let row: &[(Read, f64)] = match world.exchange {
        Exchange::Completes => &[
            (Read::Completed, 0.985),
            (Read::Hung, 0.004),
            (Read::Broke, 0.006),
        ],
        Exchange::LargePacketsLost => &[(Read::Hung, 0.93), (Read::Completed, 0.06)],
        Exchange::Hangs => &[(Read::Hung, 0.97)],
        Exchange::NoCommon => &[(Read::NoCommon, 0.97), (Read::Broke, 0.02)],
        Exchange::Breaks => &[(Read::Broke, 0.9), (Read::Completed, 0.05)],
    };
    let mut row = row.to_vec();
    // That this probe knows too few methods says nothing about the host.
    row.push((Read::ProbeLacks, 0.5));
    Row::new(&row)
}

/// The key exchange with small segments, after it hung.
pub(crate) fn small_segments(world: &World) -> Row<SmallSegments> {
    Row::new(match world.exchange {
        Exchange::LargePacketsLost => &[
            (SmallSegments::Passes, 0.96),
            (SmallSegments::HangsToo, 0.04),
        ],
        _ => &[
            (SmallSegments::HangsToo, 0.97),
            (SmallSegments::Passes, 0.03),
        ],
    })
}

/// The host key.
pub(crate) fn host_key(world: &World, setting: &Setting) -> Row<KeyReading> {
    use KeyReading as Read;
    Row::new(match (world.host_key, setting.has_known_keys) {
        (HostKey::Expected, true) => &[
            (Read::Match, 0.99),
            (Read::Unknown, 0.005),
            (Read::Changed, 0.001),
        ],
        (HostKey::Expected, false) => &[
            (Read::Unknown, 0.93),
            (Read::UnknownButKnownElsewhere, 0.06),
        ],
        (HostKey::Changed, true) => &[
            (Read::Changed, 0.95),
            (Read::ChangedAndKnownElsewhere, 0.04),
        ],
        (HostKey::OfAnotherMachine, true) => &[
            (Read::Changed, 0.5),
            (Read::ChangedAndKnownElsewhere, 0.45),
            (Read::Unknown, 0.01),
        ],
        (HostKey::Changed, false) => &[
            (Read::Unknown, 0.95),
            (Read::UnknownButKnownElsewhere, 0.04),
        ],
        (HostKey::OfAnotherMachine, false) => &[
            (Read::Unknown, 0.55),
            (Read::UnknownButKnownElsewhere, 0.44),
        ],
        (HostKey::NotAccepted, _) => &[(Read::UnknownAndStrict, 0.98)],
        (HostKey::Revoked, _) => &[(Read::Revoked, 0.99)],
    })
}
