//! The few system calls that the compiler cannot check.
#![expect(
    unsafe_code,
    reason = "namespaces, TUN devices and code between fork and exec have no safe interface"
)]

use std::ffi::{CStr, CString, OsString};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::libc;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, clone, setns, unshare};
use nix::sys::signal::Signal;
use nix::unistd::{Gid, Pid, Uid};

/// Who a process in a host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Identity {
    /// Root of the sandbox.
    Root,
    /// An ordinary user of the machine; only where the sandbox was made by root.
    User { uid: u32, gid: u32 },
    /// An ordinary user in a further user namespace, where only one user is mapped. It has no power over the host it is in.
    Nested,
}

/// Where and as whom a child process runs.
pub(crate) struct Confinement {
    /// The host's network namespace.
    pub(crate) network: OwnedFd,
    /// Files of its own, each laid over a path of the machine.
    pub(crate) overlays: Vec<(CString, CString)>,
    /// Who it is.
    pub(crate) identity: Identity,
}

/// Makes `command` run under `confinement`.
pub(crate) fn confine(command: &mut Command, confinement: Confinement) {
    // SAFETY: between fork and exec the closure makes system calls only, on strings and descriptors made before the fork.
    unsafe {
        command.pre_exec(move || {
            setns(&confinement.network, CloneFlags::CLONE_NEWNET)?;
            if !confinement.overlays.is_empty() {
                unshare(CloneFlags::CLONE_NEWNS)?;
                for (file, over) in &confinement.overlays {
                    mount(
                        Some(file.as_c_str()),
                        over.as_c_str(),
                        None::<&CStr>,
                        MsFlags::MS_BIND,
                        None::<&CStr>,
                    )?;
                }
            }
            assume(confinement.identity)
        });
    }
}

fn assume(identity: Identity) -> io::Result<()> {
    match identity {
        Identity::Root => Ok(()),
        Identity::User { uid, gid } => {
            nix::unistd::setgroups(&[Gid::from_raw(gid)])?;
            nix::unistd::setgid(Gid::from_raw(gid))?;
            nix::unistd::setuid(Uid::from_raw(uid))?;
            Ok(())
        }
        Identity::Nested => {
            unshare(CloneFlags::CLONE_NEWUSER)?;
            write_at_once(c"/proc/self/setgroups", b"deny")?;
            write_at_once(c"/proc/self/uid_map", b"1000 0 1")?;
            write_at_once(c"/proc/self/gid_map", b"1000 0 1")
        }
    }
}

fn write_at_once(path: &CStr, text: &[u8]) -> io::Result<()> {
    let file = nix::fcntl::open(
        path,
        nix::fcntl::OFlag::O_WRONLY | nix::fcntl::OFlag::O_CLOEXEC,
        nix::sys::stat::Mode::empty(),
    )?;
    nix::unistd::write(&file, text)?;
    Ok(())
}

/// A program to start in new namespaces.
pub(crate) struct Start {
    /// Path of the program.
    pub(crate) program: CString,
    /// Its arguments, the first one being its name.
    pub(crate) arguments: Vec<CString>,
    /// Its environment.
    pub(crate) environment: Vec<CString>,
    /// Its standard output, when it is not this process's own.
    pub(crate) output: Option<OwnedFd>,
    /// It waits until a byte can be read here, and ends when there is none: so it never outlives its parent.
    pub(crate) gate: OwnedFd,
}

/// Turns text into a string for the kernel.
///
/// # Errors
/// When it has a zero byte.
pub(crate) fn c_string(text: impl Into<OsString>) -> io::Result<CString> {
    CString::new(text.into().into_vec()).map_err(io::Error::other)
}

/// Starts a program in new namespaces. It is killed when the calling thread ends.
pub(crate) fn start_in_namespaces(start: &Start, namespaces: CloneFlags) -> nix::Result<Pid> {
    let pointers = |strings: &[CString]| -> Vec<*const libc::c_char> {
        strings
            .iter()
            .map(|text| text.as_ptr())
            .chain([std::ptr::null()])
            .collect()
    };
    let (arguments, environment) = (pointers(&start.arguments), pointers(&start.environment));
    let mut stack = vec![0_u8; 256 * 1024];
    let child = || {
        if nix::sys::prctl::set_pdeathsig(Signal::SIGKILL).is_err() {
            return 126;
        }
        if !matches!(nix::unistd::read(&start.gate, &mut [0_u8; 1]), Ok(1)) {
            return 126;
        }
        if let Some(output) = &start.output
            && nix::unistd::dup2_stdout(output).is_err()
        {
            return 126;
        }
        // SAFETY: the program and both arrays end in zero and live in memory copied from the parent.
        unsafe {
            libc::execve(
                start.program.as_ptr(),
                arguments.as_ptr(),
                environment.as_ptr(),
            )
        };
        127
    };
    // SAFETY: memory is not shared with the child, so its stack may be any memory; until execve it makes system calls only.
    unsafe { clone(Box::new(child), &mut stack, namespaces, Some(libc::SIGCHLD)) }
}

nix::ioctl_write_ptr_bad!(
    tun_set_interface,
    nix::request_code_write!(b'T', 202, size_of::<libc::c_int>()),
    libc::ifreq
);

/// Makes a TUN device in the network namespace of the calling thread. Packets have no header of their own in front
/// (`IFF_NO_PI`), reading does not block.
pub(crate) fn open_tun(name: &str) -> io::Result<File> {
    let device = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/net/tun")?;
    // SAFETY: all-zero bytes are a valid ifreq.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (target, byte) in request.ifr_name.iter_mut().take(15).zip(name.bytes()) {
        *target = byte.cast_signed();
    }
    let flags = libc::IFF_TUN | libc::IFF_NO_PI;
    request.ifr_ifru.ifru_flags = i16::try_from(flags).map_err(io::Error::other)?;
    // SAFETY: the descriptor is open and the request outlives the call.
    unsafe { tun_set_interface(device.as_fd().as_raw_fd(), &raw const request) }?;
    nix::fcntl::fcntl(
        &device,
        nix::fcntl::FcntlArg::F_SETFL(nix::fcntl::OFlag::O_NONBLOCK),
    )?;
    Ok(device)
}
