//! A booted host.

use std::fs::File;
use std::io::Write;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::mount::{MsFlags, mount};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::control_group::{ControlGroup, MemoryGroup};
use super::image::Image;
use super::network::SERVER_NAME;
use crate::error::{Doing, LabError};
use crate::namespace::find_tool;
use crate::sandbox::ROOM;

/// Longest time for a boot or a shutdown.
const PATIENCE: Duration = Duration::from_secs(40);

/// Where the program under test is on the host.
pub(crate) const PROGRAM: &str = "/usr/local/bin/sshdoctor";

/// The file system of a host: what it writes stays in memory and survives its reboots.
pub(crate) struct Disk {
    /// Where it is mounted.
    pub(crate) root: PathBuf,
    /// Every file that differs from the image.
    pub(crate) changed: PathBuf,
}

impl Disk {
    /// Lays a file system in memory over an image.
    pub(crate) fn over(image: &Image) -> Result<Self, LabError> {
        let what = "lay a file system over the image";
        let place = Path::new(ROOM).join("disk");
        std::fs::create_dir_all(&place).doing(what)?;
        mount(
            Some("tmpfs"),
            &place,
            Some("tmpfs"),
            MsFlags::empty(),
            Some("size=512m,mode=0755"),
        )
        .doing(what)?;
        let [root, changed, work] = ["root", "changed", "work"].map(|name| place.join(name));
        for folder in [&root, &changed, &work] {
            std::fs::create_dir(folder).doing(what)?;
        }
        let options = format!(
            "lowerdir={},upperdir={},workdir={}",
            image.tree().display(),
            changed.display(),
            work.display()
        );
        mount(
            Some("overlay"),
            &root,
            Some("overlay"),
            MsFlags::empty(),
            Some(options.as_str()),
        )
        .doing(what)?;
        Ok(Self { root, changed })
    }
}

/// A host that has booted. It ends with the sandbox.
pub(crate) struct Machine {
    leader: Pid,
    container: Child,
    console: PathBuf,
}

impl Machine {
    /// Boots, and waits until everything that the boot starts has been started, or until `stuck_when` holds.
    pub(crate) fn boot(
        disk: &Disk,
        group: &ControlGroup,
        program: Option<&Path>,
        stuck_when: Option<&str>,
    ) -> Result<Self, LabError> {
        let what = "boot the host";
        let socket = Path::new(ROOM).join("notify");
        // The one of an earlier boot.
        let _ = std::fs::remove_file(&socket);
        let notices = UnixDatagram::bind(&socket).doing(what)?;
        let log = File::create(Path::new(ROOM).join("console.log")).doing(what)?;
        let mut command = Command::new(find_tool("systemd-nspawn", "systemd-container")?);
        command
            .args(["--quiet", "--boot", "--register=no", "--keep-unit"])
            .args(["--notify-ready=yes", "--console=pipe", "--link-journal=no"])
            .args([
                "--resolv-conf=off",
                "--timezone=off",
                "--capability=all",
                "--kill-signal=SIGRTMIN+4",
            ])
            .arg(format!("--network-namespace-path=/run/netns/{SERVER_NAME}"))
            .arg("-D")
            .arg(&disk.root)
            .env("NOTIFY_SOCKET", &socket)
            .env("SYSTEMD_NSPAWN_UNIFIED_HIERARCHY", "1")
            .env("SYSTEMD_NSPAWN_API_VFS_WRITABLE", "network")
            // Address filters of units are BPF programs.
            .env("SYSTEMD_SECCOMP", "0")
            .stdin(Stdio::null())
            .stdout(log.try_clone().doing(what)?)
            .stderr(log);
        if let Some(program) = program {
            command.arg(format!("--bind-ro={}:{PROGRAM}", program.display()));
        }
        let mut container = command.spawn().doing(what)?;
        let leader = await_boot(&notices, &mut container, stuck_when)?;
        Ok(Self {
            leader,
            container,
            console: group.console(),
        })
    }

    /// The root of the host with everything mounted on it.
    pub(crate) fn root(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root", self.leader))
    }

    /// A command on the host, as somebody at its console types it.
    pub(crate) fn command(&self, program: &str) -> Result<Command, LabError> {
        self.command_joining(program, Path::new("/dev/null"))
    }

    /// The same with only so much memory.
    pub(crate) fn command_in(
        &self,
        program: &str,
        group: &MemoryGroup,
    ) -> Result<Command, LabError> {
        self.command_joining(program, group.processes())
    }

    fn command_joining(&self, program: &str, group: &Path) -> Result<Command, LabError> {
        // nsenter keeps the groups that the shell before it has joined.
        let join = format!(
            "for attempt in 1 2 3 4 5; do \
                 {{ mkdir -p {0} && echo 0 > {0}/cgroup.procs && echo 0 > {1}; }} 2>/dev/null && exec \"$@\"; \
             done; exit 126",
            self.console.display(),
            group.display()
        );
        let mut command = Command::new(find_tool("sh", "dash")?);
        command
            .args(["-c", &join, "console"])
            .arg(find_tool("nsenter", "util-linux")?)
            .args(entering(self.leader))
            .arg(program)
            .env_clear()
            .env(
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            )
            .env("HOME", "/root")
            .env("LANG", "C.UTF-8")
            .env("TERM", "linux")
            .stdin(Stdio::null());
        Ok(command)
    }

    /// Runs a shell script on the host; what it leaves running in the background stays.
    pub(crate) fn script(&self, doing: &str, script: &str) -> Result<(), LabError> {
        if script.trim().is_empty() {
            return Ok(());
        }
        let what = format!("{doing} the host");
        // A file and no pipe: a daemon that the script starts may keep it open.
        let place = Path::new(ROOM).join("script.log");
        let log = File::create(&place).doing(&what)?;
        let mut child = self
            .command("sh")?
            .arg("-eu")
            .stdin(Stdio::piped())
            .stdout(log.try_clone().doing(&what)?)
            .stderr(log)
            .spawn()
            .doing(&what)?;
        if let Some(mut pipe) = child.stdin.take() {
            pipe.write_all(script.as_bytes()).doing(&what)?;
        }
        let status = child.wait().doing(&what)?;
        if status.success() {
            return Ok(());
        }
        let words = std::fs::read(&place).doing(&what)?;
        Err(LabError::Tool {
            tool: format!("the script to {doing}"),
            host: SERVER_NAME.into(),
            message: format!("{status}: {}", String::from_utf8_lossy(&words).trim()),
        })
    }

    /// What a command on the host prints.
    pub(crate) fn output(&self, program: &str, arguments: &[&str]) -> Result<Output, LabError> {
        self.command(program)?
            .args(arguments)
            .output()
            .doing(format!("run {program} on the host"))
    }

    /// Shuts the host down.
    pub(crate) fn shut_down(mut self) -> Result<(), LabError> {
        let what = "shut the host down";
        kill(
            Pid::from_raw(self.container.id().cast_signed()),
            Signal::SIGTERM,
        )
        .doing(what)?;
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE / 4 {
            if self.container.try_wait().doing(what)?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // As a provider's panel does with a host that does not end.
        kill(self.leader, Signal::SIGKILL).doing(what)?;
        self.container.wait().doing(what)?;
        Ok(())
    }
}

/// What to tell nsenter.
fn entering(leader: Pid) -> [String; 4] {
    let pid = leader.to_string();
    ["--all".into(), "--target".into(), pid, "--".into()]
}

/// nspawn tells the leader's pid first, and then that the host says of itself that it is up.
fn await_boot(
    notices: &UnixDatagram,
    container: &mut Child,
    stuck_when: Option<&str>,
) -> Result<Pid, LabError> {
    let what = "wait until the host is up";
    notices
        .set_read_timeout(Some(Duration::from_millis(200)))
        .doing(what)?;
    let begun = Instant::now();
    let mut leader = None;
    let mut notice = [0_u8; 4096];
    while begun.elapsed() < PATIENCE {
        if let Ok(length) = notices.recv(&mut notice) {
            let text = String::from_utf8_lossy(&notice[..length]).into_owned();
            for line in text.lines() {
                if let Some(pid) = line.strip_prefix("X_NSPAWN_LEADER_PID=") {
                    leader = pid.parse().ok().map(Pid::from_raw);
                }
                if let (Some(leader), "READY=1") = (leader, line) {
                    return Ok(leader);
                }
            }
        }
        if let (Some(leader), Some(condition)) = (leader, stuck_when)
            && Command::new(find_tool("nsenter", "util-linux")?)
                .args(entering(leader))
                .args(["sh", "-c", condition])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        {
            return Ok(leader);
        }
        if container.try_wait().doing(what)?.is_some() {
            break;
        }
    }
    let console = std::fs::read(Path::new(ROOM).join("console.log")).doing(what)?;
    let console = String::from_utf8_lossy(&console);
    let tail: Vec<&str> = console.lines().rev().take(5).collect();
    Err(LabError::NoAnswer(format!(
        "the host did not boot: {}",
        tail.into_iter().rev().collect::<Vec<_>>().join("; ")
    )))
}
