//! Network namespaces, each held by a thread of its own.

use std::future::Future;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{geteuid, getpid, gettid};

type Job = Box<dyn FnOnce() + Send>;

/// Runs `body` where it may make network namespaces: here when this is root, otherwise once more in a user namespace.
///
/// `name` is the path of the calling test within the crate.
pub(super) fn privileged(name: &str, body: impl FnOnce()) {
    if geteuid().is_root() {
        return body();
    }
    let this_program = std::env::current_exe().unwrap();
    let status = Command::new("unshare")
        .args(["--map-root-user", "--net"])
        .arg(this_program)
        .args([name, "--exact", "--nocapture"])
        .status()
        .expect("this test needs root, or unshare(1) from util-linux");
    assert!(
        status.success(),
        "{name} failed in a user namespace: it needs root, or unprivileged user namespaces (see its output above)"
    );
}

/// A network namespace of its own. It is gone when this is dropped and the sockets in it are closed.
pub(super) struct Namespace {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    path: String,
}

impl Namespace {
    /// Makes one with loopback up and ICMP not rate-limited.
    pub(super) fn new() -> Self {
        let (jobs, receiver) = channel::<Job>();
        let (made, is_made) = channel();
        let thread = std::thread::spawn(move || {
            made.send(
                unshare(CloneFlags::CLONE_NEWNET)
                    .map(|()| format!("/proc/{}/task/{}/ns/net", getpid(), gettid())),
            )
            .unwrap();
            for job in receiver {
                job();
            }
        });
        let path = is_made
            .recv()
            .unwrap()
            .expect("this test needs root (CAP_SYS_ADMIN) to make a network namespace");
        let namespace = Self {
            jobs: Some(jobs),
            thread: Some(thread),
            path,
        };
        namespace.ip("link set lo up");
        namespace.sysctl("ipv4/icmp_ratelimit", "0");
        namespace.sysctl("ipv6/icmp/ratelimit", "0");
        namespace.sysctl("ipv6/conf/all/accept_dad", "0");
        namespace.sysctl("ipv6/conf/default/accept_dad", "0");
        namespace
    }

    /// Where `ip link set … netns` finds it.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Runs `job` in the namespace.
    pub(super) fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> T {
        let (done, result) = channel();
        let job = Box::new(move || done.send(job()).unwrap());
        self.jobs.as_ref().unwrap().send(job).unwrap();
        result.recv().expect("the job in the namespace panicked")
    }

    /// Runs an observer in the namespace.
    pub(super) fn observe<T, F>(&self, observer: impl FnOnce() -> F + Send + 'static) -> T
    where
        T: Send + 'static,
        F: Future<Output = T>,
    {
        self.run(|| {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap()
                .block_on(observer())
        })
    }

    /// Runs commands of `ip`, one a line.
    pub(super) fn ip(&self, commands: &str) {
        self.feed("ip", &["-batch", "-"], commands);
    }

    /// Adds a base chain of nftables for both families at `hook`; one rule a line.
    pub(super) fn filter(&self, hook: &str, rules: &str) {
        self.feed(
            "nft",
            &["-f", "-"],
            &format!("table inet {hook} {{\nchain rules {{\ntype filter hook {hook} priority 0;\n{rules}\n}}\n}}\n"),
        );
    }

    /// Sets a variable under `/proc/sys/net`.
    pub(super) fn sysctl(&self, name: &str, value: &'static str) {
        let path = format!("/proc/sys/net/{name}");
        self.run(move || {
            std::fs::write(&path, value).unwrap_or_else(|error| panic!("{path}: {error}"));
        });
    }

    fn feed(&self, program: &'static str, arguments: &'static [&str], input: &str) {
        let input = input.to_owned();
        self.run(move || {
            let mut child = Command::new(program)
                .args(arguments)
                .stdin(Stdio::piped())
                .spawn()
                .unwrap_or_else(|error| panic!("this test needs {program}: {error}"));
            child
                .stdin
                .take()
                .unwrap()
                .write_all(input.as_bytes())
                .unwrap();
            assert!(
                child.wait().unwrap().success(),
                "{program} refused:\n{input}"
            );
        });
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "a job panicked");
        }
    }
}
