//! `P(reading | world)`: one table per question, written beside what it is about.

mod connect;
mod conversation;
mod errno;
mod own_side;
mod table;
mod way;

use crate::catalogue::Cause;
use crate::outside::reading::{Connect, Reading};
use crate::outside::setting::Setting;
use crate::outside::world::{Occupant, Path, Place, Reach, World};

/// Probability of a reading in one world of a cause; without a cause, nothing is wrong.
pub(crate) fn likelihood(
    reading: &Reading,
    cause: Option<&Cause>,
    world: &World,
    setting: &Setting,
) -> f64 {
    match reading {
        Reading::Named(id) => own_side::named(id, cause, world),
        Reading::ClientFine => own_side::client_fine(cause, world),
        Reading::Login {
            fits,
            authenticated,
            session_opened,
        } => own_side::login(fits, *authenticated, *session_opened, cause, world),
        _ if world.client_stops => STOPPED_BEFORE,
        Reading::Names(names) => way::names(world).probability(*names),
        Reading::HostNameReplaced(replaced) => {
            way::host_name_replaced(world).probability(*replaced)
        }
        Reading::Route(route) => way::route(world).probability(*route),
        Reading::Target(_) if world.reach == Reach::OnlyIpv6 && setting.ipv4 => OTHER_FAMILY,
        Reading::Target(_) if setting.is_this_machine && is_elsewhere(world) => NOT_HERE,
        Reading::Target(_) if setting.on_link && needs_a_router(world) => NO_ROUTER,
        Reading::Target(connect) => connect::target(world, setting).probability(*connect),
        Reading::Control(connect) => connect::control(world, setting).probability(*connect),
        Reading::Echo(echo) => connect::echo(world).probability(*echo),
        Reading::ResetTtl(ttl) => way::reset_ttl(world).probability(*ttl),
        Reading::Trace(end) => way::trace(world).probability(*end),
        Reading::Elsewhere(found) => connect::elsewhere(world).probability(*found),
        Reading::FirstBytes(bytes) => conversation::first_bytes(world).probability(*bytes),
        Reading::Exchange(exchange) => conversation::exchange(world).probability(*exchange),
        Reading::SmallSegments(result) => conversation::small_segments(world).probability(*result),
        Reading::HostKey(key) => conversation::host_key(world, setting).probability(*key),
        Reading::OtherAddresses(others) => way::other_addresses(world).probability(*others),
        Reading::Via(via) => way::via(world, setting).probability(*via),
        Reading::Again(again) => connect::again(world).probability(*again),
        Reading::Local(local) => own_side::local(world).probability(*local),
        Reading::Errno(..) if world.reach == Reach::OnlyIpv6 && setting.ipv4 => OTHER_FAMILY,
        Reading::Errno(errno, platform) => errno::errno(world, setting, *errno, *platform),
        Reading::Fits(ids) => own_side::fits(ids, cause),
    }
}

/// Anything seen on the network, in a world where the client's configuration lets nothing out.
const STOPPED_BEFORE: f64 = 1e-5;

/// Trouble on the way to this very machine, or with another machine in its place.
const NOT_HERE: f64 = 1e-4;

fn is_elsewhere(world: &World) -> bool {
    world.occupant != Occupant::Host
        || world.path != Path::Clear
        || world
            .filter
            .is_some_and(|filter| filter.place == Place::Network)
}

/// Trouble between two machines of one link, in a world where a router causes it: a bridge that filters remains possible.
const NO_ROUTER: f64 = 0.01;

fn needs_a_router(world: &World) -> bool {
    world
        .filter
        .is_some_and(|filter| filter.place == Place::Network)
        || matches!(world.path, Path::NoRouteAtRouter | Path::Lost | Path::Loop)
}

/// Trouble with IPv4, in a world where only IPv6 is troubled.
const OTHER_FAMILY: f64 = 1e-4;

/// A reading in the worlds nobody has listed: anything may be seen.
pub(crate) fn unlisted(reading: &Reading) -> f64 {
    match reading {
        Reading::Named(_) | Reading::Fits(_) => 1e-3,
        Reading::ClientFine => 1.0,
        Reading::Target(Connect::Connected) => 0.3,
        _ => 0.08,
    }
}

/// The readings a follow-up question may have, for weighing what it would teach.
pub(crate) fn predicted_readings(question: FollowUp, world: &World) -> Vec<Reading> {
    match question {
        FollowUp::ResetTtl => way::reset_ttl(world)
            .readings()
            .map(Reading::ResetTtl)
            .collect(),
        FollowUp::Trace => way::trace(world).readings().map(Reading::Trace).collect(),
        FollowUp::Again => connect::again(world)
            .readings()
            .map(Reading::Again)
            .collect(),
        FollowUp::SmallSegments => conversation::small_segments(world)
            .readings()
            .map(Reading::SmallSegments)
            .collect(),
    }
}

/// Questions that are asked only if they are worth it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum FollowUp {
    /// Compare the time to live of the reset.
    ResetTtl,
    /// Trace to the target's port.
    Trace,
    /// Try the same port once more.
    Again,
    /// Repeat the key exchange with small segments.
    SmallSegments,
}
