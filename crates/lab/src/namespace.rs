//! A host: one network namespace, held by a file descriptor.

use std::ffi::CString;
use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns, unshare};

use crate::error::{Doing, LabError};
use crate::system::{Confinement, Identity, c_string, confine};

/// Directory in which `ip netns` looks for names; private to the sandbox.
const NAMES: &str = "/run/netns";

/// One host.
pub(crate) struct Host {
    /// Its name, also known to `ip netns`.
    pub(crate) name: String,
    network: File,
    overlays: Vec<(PathBuf, PathBuf)>,
}

impl Host {
    /// Makes a host without any interface but a loopback that is down.
    pub(crate) fn new(name: &str) -> Result<Self, LabError> {
        let label = format!("make the host {name}");
        let what = label.clone();
        std::fs::create_dir_all(NAMES).doing(&what)?;
        let place = Path::new(NAMES).join(name);
        File::create(&place).doing(&what)?;
        let network = std::thread::scope(|scope| {
            scope
                .spawn(|| -> std::io::Result<File> {
                    unshare(CloneFlags::CLONE_NEWNET)?;
                    let here = "/proc/thread-self/ns/net";
                    mount(
                        Some(here),
                        &place,
                        None::<&str>,
                        MsFlags::MS_BIND,
                        None::<&str>,
                    )?;
                    File::open(here)
                })
                .join()
                .unwrap_or_else(|_| Err(std::io::Error::other("the thread ended early")))
        })
        .doing(&what)?;
        Ok(Self {
            name: name.to_owned(),
            network,
            overlays: Vec::new(),
        })
    }

    /// Lays `file` over `path` for every process of this host started from now on.
    pub(crate) fn overlay(&mut self, file: PathBuf, path: PathBuf) {
        self.overlays.push((file, path));
    }

    /// Runs `work` in a thread of this host and waits for it.
    pub(crate) fn run<T: Send>(
        &self,
        doing: &str,
        work: impl FnOnce() -> std::io::Result<T> + Send,
    ) -> Result<T, LabError> {
        std::thread::scope(|scope| {
            scope
                .spawn(|| -> std::io::Result<T> {
                    setns(self.network.as_fd(), CloneFlags::CLONE_NEWNET)?;
                    work()
                })
                .join()
                .unwrap_or_else(|_| Err(std::io::Error::other("the thread ended early")))
        })
        .doing(format!("{doing} on {}", self.name))
    }

    /// A command that will run in this host.
    pub(crate) fn command(&self, program: &Path, identity: Identity) -> Result<Command, LabError> {
        let what = format!("start {} on {}", program.display(), self.name);
        let overlays = self
            .overlays
            .iter()
            .map(|(file, path)| Ok((c_string(file)?, c_string(path)?)))
            .collect::<std::io::Result<Vec<(CString, CString)>>>()
            .doing(&what)?;
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::null());
        confine(
            &mut command,
            Confinement {
                network: self.network.try_clone().doing(&what)?.into(),
                overlays,
                identity,
            },
        );
        Ok(command)
    }

    /// Gives `input` to a program of this host and waits until it is done.
    pub(crate) fn feed(
        &self,
        tool: &'static str,
        package: &'static str,
        arguments: &[&str],
        input: &str,
    ) -> Result<(), LabError> {
        let what = format!("run {tool} on {}", self.name);
        let mut child = self
            .command(&find_tool(tool, package)?, Identity::Root)?
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .doing(&what)?;
        if let Some(mut pipe) = child.stdin.take() {
            // A tool that stops reading says why on its standard error, which is reported below.
            let _ = pipe.write_all(input.as_bytes());
        }
        let output = child.wait_with_output().doing(&what)?;
        if output.status.success() {
            return Ok(());
        }
        Err(LabError::Tool {
            tool: tool.to_owned(),
            host: self.name.clone(),
            message: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        })
    }
}

/// Finds a program also where an ordinary user's `PATH` does not look.
pub(crate) fn find_tool(tool: &'static str, package: &'static str) -> Result<PathBuf, LabError> {
    [
        "/usr/sbin",
        "/usr/bin",
        "/sbin",
        "/bin",
        "/usr/local/sbin",
        "/usr/local/bin",
    ]
    .iter()
    .map(|directory| Path::new(directory).join(tool))
    .find(|path| path.is_file())
    .ok_or(LabError::MissingTool { tool, package })
}
