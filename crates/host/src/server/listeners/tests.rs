use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::socket::sockopt::{BindToDevice, Ipv6V6Only, ReuseAddr};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn6, bind, listen, setsockopt, socket,
};
use sshdoctor_case::{OtherNamespace, ServerQuestion};

use super::*;
use crate::programs::Programs;
use crate::root::Root;
use crate::tests::namespace::in_namespace;

fn host(port: Option<u16>) -> Host {
    Host {
        root: Root::default(),
        programs: Programs::of_this_process(),
        question: ServerQuestion {
            port,
            ..ServerQuestion::default()
        },
        patience: Duration::from_secs(2),
    }
}

fn seen(port: Option<u16>) -> (Vec<Listener>, Vec<OtherNamespace>) {
    // Other facts may follow: some process may be closed even to root.
    match look(&host(port), None).swap_remove(0) {
        Fact::Listeners {
            listeners,
            elsewhere,
        } => (listeners, elsewhere),
        other => panic!("{other:?}"),
    }
}

#[test]
fn sockets_are_told_with_what_they_take_and_who_holds_them() {
    in_namespace(|| {
        let six = socket(
            AddressFamily::Inet6,
            SockType::Stream,
            SockFlag::empty(),
            None,
        )
        .unwrap();
        setsockopt(&six, Ipv6V6Only, &true).unwrap();
        setsockopt(&six, ReuseAddr, &true).unwrap();
        setsockopt(&six, BindToDevice, &"lo".into()).unwrap();
        let any: SockaddrIn6 = "[::]:22".parse::<std::net::SocketAddrV6>().unwrap().into();
        bind(std::os::fd::AsRawFd::as_raw_fd(&six.as_fd()), &any).unwrap();
        listen(&six, Backlog::new(7).unwrap()).unwrap();
        let _other = TcpListener::bind(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8022)).unwrap();

        let (listeners, _) = seen(None);
        let own = std::process::id();
        assert_eq!(listeners.len(), 2);
        assert_eq!(listeners[0].address, "[::]:22".parse().unwrap());
        assert_eq!(listeners[0].ipv6_only, Some(true));
        assert_eq!(listeners[0].interface, Some(Received::from_text("lo")));
        assert_eq!(
            (listeners[0].accept_queue, listeners[0].backlog),
            (Some(0), Some(7))
        );
        assert_eq!(listeners[0].owners[0].pid, own);
        // Nobody asks for the other port, so nobody is sought who holds it.
        assert!(listeners[1].owners.is_empty());
        let (listeners, _) = seen(Some(8022));
        assert!(listeners.iter().all(|one| one.owners[0].pid == own));
    });
}

/// A namespace that has a name for the time of a test, as `ip netns` gives it one.
struct Named(PathBuf);

impl Named {
    fn of(namespace: &str, name: &str) -> Self {
        std::fs::create_dir_all("/run/netns").unwrap();
        let named = Self(Path::new("/run/netns").join(name));
        std::fs::write(&named.0, "").unwrap();
        let none = None::<&str>;
        mount(Some(namespace), &named.0, none, MsFlags::MS_BIND, none).unwrap();
        named
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        // Where it could not be mounted there is only a file to remove.
        let _ = umount2(&self.0, MntFlags::MNT_DETACH);
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn sockets_of_other_namespaces_are_told_apart() {
    in_namespace(|| {
        let (ready, is_ready) = channel();
        let (end, ended) = channel::<()>();
        thread::scope(|scope| {
            scope.spawn(move || {
                in_namespace(move || {
                    let _listener = TcpListener::bind("127.0.0.1:4922").unwrap();
                    let number = namespaces_number();
                    // A namespace without a process of its own is known by its file alone.
                    let file = format!(
                        "/proc/{}/task/{}/ns/net",
                        std::process::id(),
                        nix::unistd::gettid()
                    );
                    ready.send((number, file)).unwrap();
                    let _ = ended.recv();
                });
            });
            let (number, file) = is_ready.recv().unwrap();
            let name = format!("sshdoctor-test-{}", std::process::id());
            let named = Named::of(&file, &name);
            let (listeners, elsewhere) = seen(Some(4922));
            drop(named);
            drop(end);
            assert!(listeners.is_empty(), "{listeners:?}");
            let found = elsewhere.iter().find(|one| one.inode == number).unwrap();
            assert_eq!(found.name, Some(Received::from_text(&name)));
            assert_eq!(found.listeners.len(), 1);
            assert_eq!(found.listeners[0].owners[0].pid, std::process::id());
        });
    });
}

fn namespaces_number() -> u64 {
    processes::namespace_number("/proc/thread-self/ns/net").unwrap()
}

#[test]
fn a_mounted_disk_has_no_sockets() {
    let disk = tempfile::tempdir().unwrap();
    let host = Host {
        root: Root::mounted_at(disk.path()).unwrap(),
        ..host(None)
    };
    let facts = look(&host, None);
    assert!(
        matches!(
            facts.as_slice(),
            [Fact::NotSeen {
                obstacle: Obstacle::NotRunning,
                ..
            }]
        ),
        "{facts:?}"
    );
}
