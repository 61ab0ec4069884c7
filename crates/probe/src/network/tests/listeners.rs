//! What listens on this machine.

use std::net::TcpStream;

use super::namespace::privileged;
use super::topology::{Network, SERVER, at};
use crate::network::listening::local_services;

#[test]
fn listeners_are_seen_with_their_owner_and_queue() {
    privileged(
        "network::tests::listeners::listeners_are_seen_with_their_owner_and_queue",
        || {
            let network = Network::new();
            let _listening = network.listen(2222);
            let [first, second] = SERVER.map(|server| at(server, 2222));
            let waiting = network
                .server
                .run(move || [first, first].map(|to| TcpStream::connect(to).unwrap()));
            let services = network.server.run(local_services);
            let queues: Vec<_> = services
                .listening
                .iter()
                .map(|socket| (socket.address, socket.accept_queue, socket.backlog))
                .collect();
            // The standard library listens with a backlog of 128 or more.
            let backlog = services.listening[0].backlog;
            assert!(backlog >= Some(128), "{backlog:?}");
            assert_eq!(
                queues,
                [(first, Some(2), backlog), (second, Some(0), backlog)]
            );
            for socket in &services.listening {
                assert_eq!(socket.pid, Some(std::process::id()));
                assert!(socket.process.is_some());
            }
            assert_eq!(waiting.len(), 2);
            let elsewhere = network.client.run(local_services);
            assert_eq!(elsewhere.listening, []);
        },
    );
}
