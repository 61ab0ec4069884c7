//! Private namespaces for one scenario, and what every process in them sees of the file system.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use nix::mount::{MsFlags, mount};
use nix::sched::CloneFlags;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Gid, Pid, Uid};

use crate::error::{Doing, LabError};
use crate::system::{Identity, Start, c_string, start_in_namespaces};

/// Set in the environment of the process that builds a scenario; its value is the path or the name of the scenario.
pub const SANDBOX_VARIABLE: &str = "SSHDOCTOR_LAB_SCENARIO";

/// Set beside it when only one user is mapped, so that there is nobody to change to.
const ROOTLESS_VARIABLE: &str = "SSHDOCTOR_LAB_ROOTLESS";

/// Everything a scenario writes.
pub(crate) const ROOM: &str = "/run/lab";

/// User and group of the person in front of the client, where the machine has more than one user.
pub(crate) const PERSON: u32 = 1000;

/// A process that is pid 1 of its own namespaces.
pub(crate) struct Sandbox {
    pid: Pid,
}

impl Sandbox {
    /// Runs this program again, with `arguments`, in new user (unless root), mount, network, pid, ipc and uts namespaces.
    /// The calling thread has to outlive it: it is killed with that thread.
    pub(crate) fn start(
        arguments: &[OsString],
        scenario: &str,
        output: Option<OwnedFd>,
    ) -> Result<Self, LabError> {
        let what = "start the sandbox";
        let (gate, opener) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).doing(what)?;
        let mut start = Start {
            program: c_string(std::env::current_exe().doing(what)?).doing(what)?,
            arguments: std::iter::once(OsString::from("lab"))
                .chain(arguments.iter().cloned())
                .map(c_string)
                .collect::<io::Result<_>>()
                .doing(what)?,
            environment: Vec::new(),
            output,
            gate,
        };
        let namespaces = CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWNET
            | CloneFlags::CLONE_NEWPID
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWUTS;
        let rootless = namespaces | CloneFlags::CLONE_NEWUSER;
        let (pid, mapped) = if Uid::effective().is_root() {
            start.environment = environment(scenario, false).doing(what)?;
            match start_in_namespaces(&start, namespaces) {
                Ok(pid) => (pid, false),
                Err(nix::Error::EPERM) => {
                    start.environment = environment(scenario, true).doing(what)?;
                    let pid = start_in_namespaces(&start, rootless);
                    (pid.map_err(LabError::NoNamespaces)?, true)
                }
                Err(other) => return Err(LabError::NoNamespaces(other)),
            }
        } else {
            start.environment = environment(scenario, true).doing(what)?;
            let pid = start_in_namespaces(&start, rootless);
            (pid.map_err(LabError::NoNamespaces)?, true)
        };
        let sandbox = Self { pid };
        if mapped {
            map_to_root(pid).doing("map the user into the sandbox")?;
        }
        nix::unistd::write(&opener, b"!").doing(what)?;
        Ok(sandbox)
    }

    /// Waits until it ends and gives its exit status.
    pub(crate) fn wait(&self) -> io::Result<i32> {
        loop {
            match waitpid(self.pid, None) {
                Ok(WaitStatus::Exited(_, status)) => return Ok(status),
                Ok(WaitStatus::Signaled(_, signal, _)) => return Ok(128 + signal as i32),
                Ok(_) | Err(nix::Error::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Ends it, and with it every process inside.
    pub(crate) fn kill(&self) {
        // It may have ended by itself a moment ago.
        let _ = kill(self.pid, Signal::SIGKILL);
    }
}

/// Runs this program again in a sandbox, on this terminal, with the same arguments and `--inside`; gives how it ended.
///
/// # Errors
/// When new namespaces are not allowed.
pub fn run_again_inside() -> Result<ExitCode, LabError> {
    let arguments: Vec<OsString> = std::env::args_os()
        .skip(1)
        .chain(["--inside".into()])
        .collect();
    let sandbox = Sandbox::start(&arguments, "packet-filter", None)?;
    let status = sandbox.wait().doing("wait for the sandbox")?;
    Ok(ExitCode::from(u8::try_from(status).unwrap_or(1)))
}

fn environment(scenario: &str, rootless: bool) -> io::Result<Vec<std::ffi::CString>> {
    let mut own = vec![(SANDBOX_VARIABLE.into(), OsString::from(scenario))];
    if rootless {
        own.push((ROOTLESS_VARIABLE.into(), "1".into()));
    }
    std::env::vars_os()
        .filter(|(name, _)| name != SANDBOX_VARIABLE && name != ROOTLESS_VARIABLE)
        .chain(own)
        .map(|(mut name, value)| {
            name.push("=");
            name.push(value);
            c_string(name)
        })
        .collect()
}

fn map_to_root(pid: Pid) -> io::Result<()> {
    std::fs::write(format!("/proc/{pid}/setgroups"), "deny")?;
    std::fs::write(
        format!("/proc/{pid}/uid_map"),
        format!("0 {} 1", Uid::effective()),
    )?;
    std::fs::write(
        format!("/proc/{pid}/gid_map"),
        format!("0 {} 1", Gid::effective()),
    )
}

/// Only one user is mapped in this sandbox.
pub(crate) fn is_rootless() -> bool {
    std::env::var_os(ROOTLESS_VARIABLE).is_some()
}

/// The person in front of the client.
pub(crate) fn person() -> Identity {
    if is_rootless() {
        Identity::Nested
    } else {
        Identity::User {
            uid: PERSON,
            gid: PERSON,
        }
    }
}

/// Gives a file to the person in front of the client.
pub(crate) fn give_to_person(path: &Path) -> Result<(), LabError> {
    if is_rootless() {
        return Ok(());
    }
    std::os::unix::fs::chown(path, Some(PERSON), Some(PERSON))
        .doing(format!("give {} to the person", path.display()))
}

/// Makes the file system of the sandbox private: own `/proc`, empty `/run`, and `program`, if there is one, reachable
/// for everyone at the returned path.
///
/// To be called once, by pid 1 of the sandbox.
pub(crate) fn furnish(program: Option<&Path>) -> Result<Option<PathBuf>, LabError> {
    let what = "furnish the sandbox";
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    let opened = program
        .map(|path| std::fs::File::open(path).doing(format!("open {}", path.display())))
        .transpose()?;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>).doing(what)?;
    // A container that hides parts of /proc does not allow a new one; the old one serves, it only shows more.
    let _ = mount(
        Some("proc"),
        "/proc",
        Some("proc"),
        MsFlags::empty(),
        None::<&str>,
    );
    mount(
        Some("tmpfs"),
        "/run",
        Some("tmpfs"),
        MsFlags::MS_NOSUID,
        Some("mode=0755"),
    )
    .doing(what)?;
    let binaries = Path::new(ROOM).join("bin");
    for directory in [Path::new("/run/sshd"), Path::new("/run/lock"), &binaries] {
        std::fs::create_dir_all(directory).doing(what)?;
        std::fs::set_permissions(directory, PermissionsExt::from_mode(0o755)).doing(what)?;
    }
    let Some(opened) = opened else {
        return Ok(None);
    };
    let place = binaries.join("sshdoctor");
    std::fs::File::create(&place).doing(what)?;
    let source = format!("/proc/self/fd/{}", opened.as_raw_fd());
    mount(
        Some(source.as_str()),
        &place,
        None::<&str>,
        MsFlags::MS_BIND,
        None::<&str>,
    )
    .doing(what)?;
    Ok(Some(place))
}
