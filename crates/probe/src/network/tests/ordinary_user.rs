//! What an ordinary user gets, whom some kernels refuse filters.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use sshdoctor_case::HopAnswer;

use super::namespace::privileged;
use super::topology::{Network, ROUTER, SERVER, at, ip};
use crate::network::answer_ttl::{answer_ttl, ttl_equals};
use crate::network::segment_filter::Filters;
use crate::network::trace::trace;

const NAME: &str =
    "network::tests::ordinary_user::distances_and_paths_are_seen_by_an_ordinary_user";

/// Set in the process that observes.
const OBSERVES: &str = "SSHDOCTOR_TEST_OBSERVES";

/// Owns nothing that matters: the overflow user of Linux.
const NOBODY: u32 = 65_534;

#[test]
fn distances_and_paths_are_seen_by_an_ordinary_user() {
    if std::env::var_os(OBSERVES).is_some() {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(observe());
        return;
    }
    privileged(NAME, || {
        let network = Network::new();
        let program = Copied::new();
        let path = program.path();
        let status = network.client.run(move || run_as_nobody(&path));
        assert!(status.success(), "see the output above");
    });
}

async fn observe() {
    println!("filters: {:?}", Filters::here());
    let soon = Duration::from_millis(900);
    for (server, router) in SERVER.into_iter().zip(ROUTER) {
        let to = at(server, 9);
        assert_eq!(answer_ttl(to, soon).await, Some(63));
        assert_eq!(ttl_equals(to, 63, soon).await, Some(true));
        assert_eq!(ttl_equals(to, 64, soon).await, Some(false));
        let (hops, local_drops) = trace(to, 12, soon).await;
        let answers: Vec<_> = hops.into_iter().map(|hop| hop.answer).collect();
        let sender = ip(router);
        assert_eq!(
            answers,
            [HopAnswer::TimeExceeded { sender }, HopAnswer::Reset]
        );
        assert!(!local_drops);
    }
}

fn run_as_nobody(program: &Path) -> ExitStatus {
    let command = || {
        let mut command = Command::new(program);
        command
            .args([NAME, "--exact", "--nocapture"])
            .env(OBSERVES, "1");
        command
    };
    match command().uid(NOBODY).gid(NOBODY).status() {
        // A user namespace that maps its root alone: to the kernel that already is an ordinary user.
        Err(error) if error.kind() == ErrorKind::InvalidInput => command().status(),
        status => status,
    }
    .unwrap()
}

/// A copy of this program that everyone may run. It is removed when this is dropped.
struct Copied(PathBuf);

impl Copied {
    fn new() -> Self {
        let directory =
            std::env::temp_dir().join(format!("sshdoctor-ordinary-user-{}", std::process::id()));
        fs::create_dir(&directory).unwrap();
        let copied = Self(directory);
        // Another process writes it: a file that this one has open for writing may be inherited by what another test starts, and
        // cannot be run as long.
        let copying = Command::new("cp")
            .arg(std::env::current_exe().unwrap())
            .arg(copied.path())
            .status()
            .unwrap();
        assert!(copying.success());
        copied
    }

    fn path(&self) -> PathBuf {
        self.0.join("observe")
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}
