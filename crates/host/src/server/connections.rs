//! Connections to the SSH port.

use std::net::SocketAddr;
use std::time::Instant;

use sshdoctor_case::{Connection, Fact, Obstacle, Received, Sight, SshdConfig};

use super::listeners::ports_in_question;
use super::{Host, not_seen};
use crate::network::tcp_sockets::{TcpSocket, connections_to};

/// As many as are kept.
const MOST_CONNECTIONS: usize = 256;
/// Names as `ss(8)` prints them, in the order of `net/tcp_states.h`.
const STATES: [&str; 13] = [
    "UNKNOWN",
    "ESTAB",
    "SYN-SENT",
    "SYN-RECV",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "TIME-WAIT",
    "UNCONN",
    "CLOSE-WAIT",
    "LAST-ACK",
    "LISTEN",
    "CLOSING",
    // Half of a connection, which `sock_diag` itself calls by the other name.
    "SYN-RECV",
];

pub(super) fn look(host: &Host, config: Option<&SshdConfig>) -> Vec<Fact> {
    if !host.root.is_running() {
        return vec![not_seen(
            Sight::Connections,
            Obstacle::NotRunning,
            "connections of a system that does not run",
        )];
    }
    let end = Instant::now() + host.patience / 2;
    let mut connections = Vec::new();
    for port in ports_in_question(host, config) {
        match connections_to(port, end) {
            Ok(sockets) => connections.extend(sockets.iter().map(connection)),
            Err(error) => {
                let reason = format!("sock_diag, /proc/net/tcp: {error}");
                return vec![not_seen(Sight::Connections, Obstacle::Failed, reason)];
            }
        }
    }
    // Those of the client first, then in the kernel's order.
    let client = host.question.from.map(|from| from.to_canonical());
    connections.sort_by_key(|connection| Some(connection.remote.ip()) != client);
    let left_out = connections.len().saturating_sub(MOST_CONNECTIONS);
    connections.truncate(MOST_CONNECTIONS);
    let mut facts = vec![Fact::Connections { connections }];
    if left_out > 0 {
        let reason = format!("{left_out} more connections are left out");
        facts.push(not_seen(Sight::Connections, Obstacle::Failed, reason));
    }
    facts
}

fn connection(socket: &TcpSocket) -> Connection {
    // An IPv6 socket may take IPv4, whose addresses it shows in its own form.
    let plain = |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
    let name = STATES.get(usize::from(socket.state)).unwrap_or(&"UNKNOWN");
    Connection {
        local: plain(socket.local),
        remote: plain(socket.remote),
        state: Received::from_text(name),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use sshdoctor_case::ServerQuestion;

    use super::*;
    use crate::programs::Programs;
    use crate::root::Root;
    use crate::tests::namespace::{in_namespace, run};

    fn seen(from: &str, port: u16) -> (Vec<Connection>, usize) {
        let host = Host {
            root: Root::default(),
            programs: Programs::of_this_process(),
            question: ServerQuestion {
                from: Some(from.parse().unwrap()),
                port: Some(port),
                ..ServerQuestion::default()
            },
            patience: Duration::from_secs(2),
        };
        let mut facts = look(&host, None);
        match facts.remove(0) {
            Fact::Connections { connections } => (connections, facts.len()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn connections_are_told_with_their_states_the_clients_first() {
        in_namespace(|| {
            run("ip address add 192.0.2.1/32 dev lo");
            let both = TcpListener::bind("[::]:2022").unwrap();
            let from_itself = TcpStream::connect("127.0.0.1:2022").unwrap();
            let clients = TcpStream::connect("192.0.2.1:2022").unwrap();
            let (accepted, _) = both.accept().unwrap();
            drop(from_itself);
            let (connections, problems) = seen("192.0.2.1", 2022);
            let states: Vec<_> = connections
                .iter()
                .map(|one| (one.remote.ip().to_string(), one.state.as_str()))
                .collect();
            // Waiting to be accepted as well as accepted; the end that closed first is on another port.
            assert_eq!(
                states,
                [
                    ("192.0.2.1".to_owned(), "ESTAB"),
                    ("127.0.0.1".to_owned(), "CLOSE-WAIT")
                ]
            );
            assert_eq!(connections[0].remote, clients.local_addr().unwrap());
            assert_eq!(problems, 0);
            drop(accepted);
        });
    }

    #[test]
    fn no_more_are_kept_than_a_report_can_hold() {
        in_namespace(|| {
            let listener = TcpListener::bind("127.0.0.1:22").unwrap();
            let kept: Vec<_> = (0..MOST_CONNECTIONS + 3)
                .map(|_| {
                    let stream = TcpStream::connect("127.0.0.1:22").unwrap();
                    (stream, listener.accept().unwrap())
                })
                .collect();
            let (connections, problems) = seen("192.0.2.1", 22);
            assert_eq!((connections.len(), problems), (MOST_CONNECTIONS, 1));
            assert_eq!(kept.len(), MOST_CONNECTIONS + 3);
        });
    }
}
