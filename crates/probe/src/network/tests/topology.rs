//! A client, a router and a server, with addresses of both families.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use super::namespace::Namespace;

/// The client's addresses.
pub(super) const CLIENT: [&str; 2] = ["192.0.2.2", "2001:db8:1::2"];
/// The router's addresses on the client's side.
pub(super) const ROUTER: [&str; 2] = ["192.0.2.1", "2001:db8:1::1"];
/// The server's addresses.
pub(super) const SERVER: [&str; 2] = ["198.51.100.2", "2001:db8:2::2"];

/// `client ── router ── server`
pub(super) struct Network {
    pub(super) client: Namespace,
    pub(super) router: Namespace,
    pub(super) server: Namespace,
}

impl Network {
    /// Everything up, nothing filtered, nothing listening.
    pub(super) fn new() -> Self {
        let (client, router, server) = (Namespace::new(), Namespace::new(), Namespace::new());
        router.ip(&format!(
            "link add near type veth peer name wire netns {}
             link add far type veth peer name wire netns {}
             addr add 192.0.2.1/24 dev near
             addr add 2001:db8:1::1/64 dev near nodad
             addr add 198.51.100.1/24 dev far
             addr add 2001:db8:2::1/64 dev far nodad
             link set near up
             link set far up",
            client.path(),
            server.path()
        ));
        router.sysctl("ipv4/ip_forward", "1");
        router.sysctl("ipv6/conf/all/forwarding", "1");
        let host = |namespace: &Namespace, v4: &str, v6: &str| {
            namespace.ip(&format!(
                "addr add {v4}.2/24 dev wire
                 addr add {v6}::2/64 dev wire nodad
                 link set wire up
                 route add default via {v4}.1
                 route add default via {v6}::1"
            ));
        };
        host(&client, "192.0.2", "2001:db8:1");
        host(&server, "198.51.100", "2001:db8:2");
        // The kernel activates a new link a moment after it is up; until then it drops what is sent.
        for address in SERVER {
            client.run(move || {
                let answers = || {
                    let soon = Duration::from_millis(20);
                    let refused = TcpStream::connect_timeout(&at(address, 9), soon);
                    refused.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
                };
                assert!((0..100).any(|_| answers()), "{address} cannot be reached");
            });
        }
        Self {
            client,
            router,
            server,
        }
    }

    /// Listens on both families of the server's `port`.
    pub(super) fn listen(&self, port: u16) -> Vec<TcpListener> {
        self.server.run(move || {
            SERVER
                .map(|address| TcpListener::bind(at(address, port)).unwrap())
                .into()
        })
    }
}

/// A socket address.
pub(super) fn at(address: &str, port: u16) -> SocketAddr {
    SocketAddr::new(ip(address), port)
}

/// An address.
pub(super) fn ip(address: &str) -> IpAddr {
    address.parse().unwrap()
}
