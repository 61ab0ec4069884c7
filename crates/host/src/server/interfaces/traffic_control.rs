//! Filters at the ingress and egress of an interface (`tc(8)`), which may drop a packet before or after the packet filter.

use std::collections::HashMap;
use std::io;
use std::time::Instant;

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::tc::{TcAttribute, TcFilterBpfOption, TcHandle, TcMessage, TcOption};
use netlink_sys::protocols::NETLINK_ROUTE;
use sshdoctor_case::Received;

use crate::netlink::list_until;

/// As many interfaces as are asked for their filters.
const MOST_INTERFACES: usize = 64;
/// As many filters of one interface as are named.
const MOST_FILTERS: usize = 16;

/// Filters by the number of the interface; nothing where the kernel has no traffic control.
pub(super) fn programs(end: Instant) -> HashMap<u32, Vec<Received>> {
    let mut programs: HashMap<u32, Vec<Received>> = HashMap::new();
    for (interface, place) in places(end).unwrap_or_default() {
        let index = u32::try_from(interface).unwrap_or_default();
        let found = filters(interface, place.handle(), end).map_or_else(
            |error| vec![format!("tc {}: {error}", place.name())],
            |kinds| name_each(&kinds, place),
        );
        let known = programs.entry(index).or_default();
        known.extend(found.iter().map(|text| Received::from_text(text)));
        known.truncate(MOST_FILTERS);
    }
    programs
}

/// Where filters hang.
#[derive(Debug, Clone, Copy)]
enum Place {
    Ingress,
    Egress,
}

impl Place {
    const fn name(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }

    /// As a parent of filters (`linux/pkt_sched.h`, `TC_H_CLSACT`).
    const fn handle(self) -> TcHandle {
        let minor = match self {
            Self::Ingress => TcHandle::MIN_INGRESS,
            Self::Egress => TcHandle::MIN_EGRESS,
        };
        TcHandle {
            major: u16::MAX,
            minor,
        }
    }
}

/// Where there may be filters: at the queueing disciplines `ingress` and `clsact`, which only hold them.
fn places(end: Instant) -> io::Result<Vec<(i32, Place)>> {
    let question = RouteNetlinkMessage::GetQueueDiscipline(TcMessage::default());
    let mut places = Vec::new();
    for answer in list_until(NETLINK_ROUTE, &question, Some(end))? {
        let RouteNetlinkMessage::NewQueueDiscipline(message) = answer else {
            continue;
        };
        let interface = message.header.index;
        match kind(&message) {
            Some("ingress") => places.push((interface, Place::Ingress)),
            Some("clsact") => {
                places.push((interface, Place::Ingress));
                places.push((interface, Place::Egress));
            }
            _ => {}
        }
    }
    places.truncate(2 * MOST_INTERFACES);
    Ok(places)
}

fn kind(message: &TcMessage) -> Option<&str> {
    message
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            TcAttribute::Kind(kind) => Some(kind.as_str()),
            _ => None,
        })
}

/// Each filter's kind, with the name of its program.
fn filters(interface: i32, parent: TcHandle, end: Instant) -> io::Result<Vec<String>> {
    let mut question = TcMessage::with_index(interface);
    question.header.parent = parent;
    let question = RouteNetlinkMessage::GetTrafficFilter(question);
    let answers = list_until(NETLINK_ROUTE, &question, Some(end))?;
    let filters = answers.iter().filter_map(|answer| match answer {
        RouteNetlinkMessage::NewTrafficFilter(message) => describe(message),
        _ => None,
    });
    Ok(filters.collect())
}

/// Of each filter the kernel also gives an entry without a handle that stands for its priority.
fn describe(message: &TcMessage) -> Option<String> {
    if message.header.handle == TcHandle::UNSPEC {
        return None;
    }
    let kind = kind(message)?;
    let options = message
        .attributes
        .iter()
        .filter_map(|attribute| match attribute {
            TcAttribute::Options(options) => Some(options),
            _ => None,
        });
    let program = options.flatten().find_map(|option| match option {
        TcOption::Bpf(TcFilterBpfOption::ProgName(name)) => Some(name),
        _ => None,
    });
    Some(program.map_or_else(|| kind.to_owned(), |name| format!("{kind} {name}")))
}

fn name_each(kinds: &[String], place: Place) -> Vec<String> {
    let mut named: Vec<String> = kinds
        .iter()
        .map(|kind| format!("tc {}: {kind}", place.name()))
        .collect();
    named.dedup();
    named
}
