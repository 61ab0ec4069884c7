//! `P(reading | world)` for names, routes, resets, traces, other addresses and other vantage points.

use super::table::Row;
use crate::outside::reading::{Names, OtherAddresses, ResetTtl, Route, TraceEnd, Via};
use crate::outside::setting::Setting;
use crate::outside::world::{
    Action, Breadth, FirstBytes, Listener, Name, Occupant, Path, Place, Reach, World,
};

/// The names.
pub(crate) fn names(world: &World) -> Row<Names> {
    Row::new(match world.name {
        Name::Right => &[
            (Names::Agree, 0.9),
            (Names::HostsFileOnly, 0.05),
            (Names::Disagree, 0.02),
            (Names::HostsFileDiffers, 0.01),
            (Names::ConfigDiffers, 0.01),
            (Names::Split, 0.01),
        ],
        Name::StaleRecord => &[
            (Names::Agree, 0.5),
            (Names::Disagree, 0.42),
            (Names::Split, 0.06),
            (Names::HostsFileDiffers, 0.01),
        ],
        Name::Overridden => &[
            (Names::HostsFileDiffers, 0.4),
            (Names::ConfigDiffers, 0.35),
            (Names::HostsFileOnly, 0.1),
            (Names::Agree, 0.14),
        ],
        Name::Missing => &[(Names::NotFound, 0.96), (Names::Split, 0.03)],
        Name::ServersDown => &[(Names::ServersDown, 0.97), (Names::NotFound, 0.01)],
        Name::NoAddressOfFamily => &[(Names::NoAddressOfFamily, 0.97), (Names::NotFound, 0.02)],
    })
}

/// `HostName` replaces what was typed: common, and so weak evidence.
pub(crate) fn host_name_replaced(world: &World) -> Row<bool> {
    Row::new(match world.name {
        Name::Overridden => &[(true, 0.5), (false, 0.5)],
        _ => &[(true, 0.25), (false, 0.75)],
    })
}

/// The kernel's route.
pub(crate) fn route(world: &World) -> Row<Route> {
    Row::new(match world.path {
        Path::NoRouteAtClient => &[
            (Route::None, 0.8),
            (Route::Denied, 0.18),
            (Route::Ordinary, 0.01),
        ],
        Path::WrongRouteAtClient => &[(Route::Virtual, 0.7), (Route::Ordinary, 0.28)],
        _ => &[(Route::Ordinary, 0.92), (Route::Virtual, 0.075)],
    })
}

/// The time to live of a reset.
pub(crate) fn reset_ttl(world: &World) -> Row<ResetTtl> {
    // Which reference was at hand depends on the network, not on the world: `AsHost` and `AsControl` have a scale each.
    let forged = world.filter.filter(|filter| {
        filter.action == Action::Reset && matches!(filter.place, Place::Network | Place::Client)
    });
    Row::new(match forged {
        Some(filter) if filter.breadth != Breadth::ThisPort => &[
            (ResetTtl::AsControl, 0.95),
            (ResetTtl::AsHost, 0.05),
            (ResetTtl::UnlikeHost, 0.93),
        ],
        Some(_) => &[
            (ResetTtl::AsControl, 0.05),
            (ResetTtl::AsHost, 0.05),
            (ResetTtl::UnlikeHost, 0.93),
        ],
        None => &[
            (ResetTtl::AsControl, 0.98),
            (ResetTtl::AsHost, 0.97),
            (ResetTtl::UnlikeHost, 0.02),
        ],
    })
    .floor(1e-3)
}

/// A reset for a SYN that may not pass the first router, though this machine did not make it: only a box that filters
/// before the first router, without being one, does that.
const OWN_RESET_ELSEWHERE: f64 = 1e-4;

/// The trace to the target's port.
pub(crate) fn trace(world: &World) -> Row<TraceEnd> {
    use TraceEnd as End;
    // `SomeRouter` stands for `LastRouter` or `EarlierRouter` where the host's distance is unknown: its own scale.
    let silent_at_host: &[(End, f64)] = &[
        (End::LastRouter, 0.88),
        (End::EarlierRouter, 0.06),
        (End::SomeRouter, 0.9),
        (End::Nowhere, 0.05),
        (End::Answered, 0.02),
        (End::OwnReset, OWN_RESET_ELSEWHERE),
    ];
    if let Some(filter) = world.filter {
        return Row::new(match (filter.place, filter.action) {
            (Place::Client, Action::Drop) => &[(End::OwnFilter, 0.85), (End::Nowhere, 0.14)],
            (Place::Client, Action::Reset) => &[(End::OwnReset, 0.97)],
            (Place::Client, _) => &[(End::Nowhere, 0.9)],
            (Place::Network, Action::Drop) => &[
                (End::EarlierRouter, 0.6),
                (End::LastRouter, 0.32),
                (End::SomeRouter, 0.9),
                (End::Nowhere, 0.06),
            ],
            (Place::Network, Action::Reset) => {
                &[(End::Answered, 0.93), (End::OwnReset, OWN_RESET_ELSEWHERE)]
            }
            (Place::Network, _) => &[(End::Unreachable, 0.9), (End::SomeRouter, 0.08)],
            (Place::Host, Action::Drop) => silent_at_host,
            (Place::Host, _) => &[
                (End::Answered, 0.93),
                (End::LastRouter, 0.05),
                (End::OwnReset, OWN_RESET_ELSEWHERE),
            ],
        })
        .floor(2e-3);
    }
    Row::new(match (world.path, world.occupant) {
        (Path::NoRouteAtClient | Path::WrongRouteAtClient, _) => &[
            (End::Nowhere, 0.7),
            (End::SomeRouter, 0.2),
            (End::Unreachable, 0.08),
        ],
        (Path::NoRouteAtRouter, _) => &[(End::Unreachable, 0.85), (End::SomeRouter, 0.12)],
        (Path::Lost, _) => &[
            (End::EarlierRouter, 0.85),
            (End::LastRouter, 0.1),
            (End::SomeRouter, 0.8),
            (End::Nowhere, 0.15),
        ],
        (Path::Loop, _) => &[(End::Loop, 0.93), (End::SomeRouter, 0.05)],
        (Path::AnswerLost, _) => &[
            (End::LastRouter, 0.7),
            (End::EarlierRouter, 0.1),
            (End::SomeRouter, 0.7),
            (End::Nowhere, 0.2),
        ],
        (Path::Clear, Occupant::Nobody) => &[
            (End::Unreachable, 0.45),
            (End::SomeRouter, 0.5),
            (End::LastRouter, 0.2),
            (End::EarlierRouter, 0.2),
            (End::Nowhere, 0.03),
        ],
        (Path::Clear, _) if world.listener == Listener::QueueFull => silent_at_host,
        (Path::Clear, _) => &[
            (End::Answered, 0.96),
            (End::LastRouter, 0.02),
            (End::OwnReset, OWN_RESET_ELSEWHERE),
        ],
    })
    .floor(2e-3)
}

/// What the other addresses of the host do.
pub(crate) fn other_addresses(world: &World) -> Row<OtherAddresses> {
    use OtherAddresses as Other;
    Row::new(match world.reach {
        Reach::AllAddresses => &[
            (Other::FailAlike, 0.85),
            (Other::FailOtherwise, 0.07),
            // A name may stand for several machines, each with its own fate.
            (Other::SameFamilyWorks, 0.05),
            (Other::OtherFamilyWorks, 0.008),
        ],
        Reach::ThisAddress => &[
            (Other::SameFamilyWorks, 0.9),
            (Other::OtherFamilyWorks, 0.12),
            (Other::FailOtherwise, 0.08),
            (Other::FailAlike, 0.02),
        ],
        Reach::ThisFamily | Reach::OnlyIpv6 => &[
            (Other::OtherFamilyWorks, 0.93),
            (Other::SameFamilyWorks, 0.01),
            (Other::FailOtherwise, 0.04),
            (Other::FailAlike, 0.02),
        ],
    })
    .floor(1e-3)
}

/// The target from another vantage point.
pub(crate) fn via(world: &World, setting: &Setting) -> Row<Via> {
    let works: &[(Via, f64)] = &[
        (Via::Works, 0.95),
        (Via::Silent, 0.02),
        (Via::Refused, 0.02),
    ];
    if let Some(filter) = world.filter {
        if filter.this_source_only || filter.place == Place::Client {
            return Row::new(works).floor(1e-3);
        }
        let behind_it = if filter.place == Place::Network {
            0.4
        } else {
            0.1
        };
        let alike = match filter.action {
            Action::Drop => Via::Silent,
            Action::PortUnreachable | Action::Reset => Via::Refused,
            Action::Prohibited => Via::Unreachable,
        };
        return Row::new(&[(alike, 0.97 - behind_it), (Via::Works, behind_it)]).floor(1e-3);
    }
    if world.reach != Reach::AllAddresses {
        return Row::new(&[
            (Via::Works, 0.6),
            (Via::Silent, 0.15),
            (Via::Refused, 0.15),
            (Via::Unreachable, 0.08),
        ])
        .floor(1e-3);
    }
    if world.name != Name::Right && !setting.literal_address {
        return Row::new(&[
            (Via::Works, 0.4),
            (Via::Silent, 0.25),
            (Via::Refused, 0.2),
            (Via::Unreachable, 0.14),
        ])
        .floor(1e-3);
    }
    Row::new(match (world.path, world.occupant, world.listener) {
        (Path::NoRouteAtClient | Path::WrongRouteAtClient, _, _) => works,
        (Path::NoRouteAtRouter | Path::Loop | Path::Lost, _, _) => &[
            (Via::Works, 0.35),
            (Via::Unreachable, 0.3),
            (Via::Silent, 0.33),
        ],
        (Path::AnswerLost, _, _) => &[(Via::Works, 0.5), (Via::Silent, 0.48)],
        (Path::Clear, Occupant::Nobody, _) => &[(Via::Unreachable, 0.55), (Via::Silent, 0.43)],
        (Path::Clear, _, Listener::Nothing) => &[(Via::Refused, 0.98)],
        (Path::Clear, _, Listener::QueueFull) => &[(Via::Silent, 0.8), (Via::ClosedOrMute, 0.18)],
        (Path::Clear, _, Listener::Flapping) => &[(Via::Refused, 0.75), (Via::Works, 0.2)],
        (Path::Clear, _, Listener::Sshd | Listener::OtherService) => match world.first_bytes {
            FirstBytes::Penalty => &[(Via::Works, 0.95), (Via::ClosedOrMute, 0.04)],
            FirstBytes::Close => &[(Via::ClosedOrMute, 0.6), (Via::Works, 0.39)],
            FirstBytes::TooManyStartups | FirstBytes::Reset => {
                &[(Via::ClosedOrMute, 0.65), (Via::Works, 0.34)]
            }
            FirstBytes::Silence => &[(Via::ClosedOrMute, 0.97)],
            _ => &[(Via::Works, 0.97)],
        },
    })
    .floor(1e-3)
}
