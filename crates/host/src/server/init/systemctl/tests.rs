use proptest::prelude::*;

use super::*;
use crate::root::Root;
use crate::server::init::now::Now;
use crate::server::init::unit::unit;

/// What systemd 252 shows of Debian's units while a bad line keeps sshd from starting, shortened.
const SHOWN: &str = "\
MainPID=0
Result=exit-code
NRestarts=5
ExecMainPID=0
ExecMainCode=0
ExecMainStatus=0
ExecStartPre={ path=/usr/sbin/sshd ; argv[]=/usr/sbin/sshd -t ; ignore_errors=no ; start_time=[Tue 2026-11-24 12:57:35 UTC] ; stop_time=[Tue 2026-11-24 12:57:35 UTC] ; pid=931 ; code=exited ; status=255 }
ExecStart={ path=/usr/sbin/sshd ; argv[]=/usr/sbin/sshd -D $SSHD_OPTS ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
MemoryCurrent=[not set]
TasksCurrent=7
MemoryMax=infinity
TasksMax=28909
IPAddressAllow=2001:db8::/32 192.0.2.0/24
IPAddressDeny=0.0.0.0/0 ::/0
RestrictNetworkInterfaces=~
EnvironmentFiles=/etc/default/ssh (ignore_errors=yes)
PrivateNetwork=no
RestrictAddressFamilies=AF_INET AF_UNIX
Id=ssh.service
Names=ssh.service sshd.service
WantedBy=multi-user.target
LoadState=loaded
ActiveState=failed
SubState=failed
FragmentPath=/lib/systemd/system/ssh.service
UnitFileState=enabled
StateChangeTimestamp=Tue 2026-11-24 12:57:35 UTC
StateChangeTimestampMonotonic=26422544352
NeedDaemonReload=no
Conditions=[unprintable]

Accept=yes
Listen=0.0.0.0:2222 (Stream)
Listen=[::]:2222 (Stream)
Listen=/run/x (Datagram)
MaxConnections=5
Result=success
Id=ssh.socket
Names=ssh.socket
LoadState=loaded
ActiveState=inactive
SubState=dead
StateChangeTimestamp=

Id=nope.service
LoadState=not-found
ActiveState=inactive
";

fn answers() -> Answers {
    Answers {
        version: None,
        state: boot_state("degraded"),
        jobs: Vec::new(),
        failed_units: Vec::new(),
        units: Vec::new(),
    }
}

#[test]
fn a_failed_service_and_its_socket_are_understood() {
    let mut answers = answers();
    // Twice, as an alias is shown a second time.
    for shown in units(SHOWN).into_iter().chain(units(SHOWN)) {
        answers.add(shown);
    }
    let now = Now::read();
    let [service, socket] = answers.units.as_slice() else {
        panic!("{answers:?}")
    };
    let service = unit(service, &Root::default(), now);
    let failure = service.failure.clone().unwrap();
    assert_eq!(
        failure.failed_command,
        Some((Received::from_text("/usr/sbin/sshd -t"), 255))
    );
    assert_eq!((failure.exit_status, failure.signal), (None, None));
    assert_eq!(service.aliases, [Received::from_text("sshd.service")]);
    assert_eq!(service.tasks, Some((28909, 7)));
    assert_eq!((service.memory, service.main_pid), (None, None));
    assert_eq!(service.restarts, Some(5));
    assert_eq!(service.changed_at_ms, now.at_monotonic(26_422_544_352));
    assert_eq!(
        service.confinement,
        [Received::from_text(
            "RestrictAddressFamilies=AF_INET AF_UNIX"
        )]
    );
    let denied: Vec<_> = service.address_deny.iter().map(Received::as_str).collect();
    assert_eq!(denied, ["0.0.0.0/0", "::/0"]);
    let socket = unit(socket, &Root::default(), now).socket.unwrap();
    let listen: Vec<_> = socket.listen.iter().map(Received::as_str).collect();
    assert_eq!(listen, ["0.0.0.0:2222", "[::]:2222"]);
    assert_eq!((socket.accept, socket.max_connections), (true, Some(5)));
}

#[test]
fn jobs_and_failed_units_are_read_from_their_lists() {
    let listed = jobs("119 srv.mount start running\n7 multi-user.target start waiting\nrubbish\n");
    let shown: Vec<_> = listed
        .iter()
        .map(|job| (job.unit.as_str(), job.kind.as_str(), job.state.as_str()))
        .collect();
    assert_eq!(
        shown,
        [
            ("srv.mount", "start", "running"),
            ("multi-user.target", "start", "waiting")
        ]
    );
    let failed = first_words("ssh.service loaded failed failed OpenBSD\n\n");
    assert_eq!(failed, [Received::from_text("ssh.service")]);
}

proptest! {
    #[test]
    fn nothing_that_systemctl_prints_can_stop_it(
        lines in prop::collection::vec(("(Exec(Start|StartPre)|Listen|Id|Names|TasksMax|ExecMainCode|EnvironmentFiles|StateChangeTimestampMonotonic)", "[{}a-z0-9;=\\[\\] /$]{0,40}|[0-9]{0,25}"), 0..20)
    ) {
        let text: String = lines.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        for shown in units(&text) {
            unit(&shown, &Root::default(), Now::read());
        }
    }
}
