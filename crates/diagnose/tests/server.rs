//! What a server shows that no host can be made to show in a namespace: the case of a real host, with one fact changed as its
//! observer would tell it.

use serde_json::{Value, json};
use sshdoctor_case::{Case, Outcome, Report, Stage};
use sshdoctor_diagnose::diagnose;

/// A booted Debian host that lets its client in.
const OPEN: &str = include_str!("cases/server-open.json");

/// The moment at which it was looked at, in milliseconds since the epoch.
const NOW_MS: i64 = 1_795_534_828_459;

struct Recorded(Value);

impl Recorded {
    fn open() -> Self {
        Self(serde_json::from_str(OPEN).expect("a recorded case"))
    }

    /// The fact of this kind, or the first of them.
    fn fact(&mut self, kind: &str) -> &mut Value {
        let observations = self.0["observations"].as_array_mut().expect("a list");
        let mut facts = observations.iter_mut().map(|one| &mut one["fact"]);
        facts
            .find(|fact| fact["kind"] == kind)
            .expect("such a fact")
    }

    fn port(mut self, port: u16) -> Self {
        self.0["server"]["port"] = json!(port);
        self
    }

    /// With one more line in the log of sshd, or of the kernel.
    fn logged(mut self, identifier: &str, message: &str) -> Self {
        let line = json!({
            "at_ms": NOW_MS - 100, "pid": null, "identifier": identifier, "message": message, "times": 1
        });
        if identifier == "kernel" {
            let log = json!({"source": "kernel-ring", "lines": [line], "cut": false});
            let observation = json!({
                "id": "e99", "vantage": "server", "at_ms": 1.0, "elapsed_ms": 1.0,
                "fact": {"kind": "log", "log": log}
            });
            self.0["observations"]
                .as_array_mut()
                .expect("a list")
                .push(observation);
        } else {
            let lines = self.fact("log")["log"]["lines"]
                .as_array_mut()
                .expect("a list");
            lines.push(line);
        }
        self
    }

    fn changed(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn report(&self) -> Report {
        diagnose(&Case::read(&self.0.to_string()).expect("a case"))
    }
}

fn stopped_at(report: &Report) -> Option<Stage> {
    let mut stages = report.stages.iter();
    let stopped = stages.find(|finding| finding.state == sshdoctor_case::StageState::Stopped)?;
    Some(stopped.stage)
}

fn only_cause(report: &Report) -> &str {
    assert_eq!(
        (report.causes.len(), report.then.len()),
        (1, 0),
        "{}",
        report.headline
    );
    &report.causes[0].id
}

#[test]
fn the_host_as_it_was_recorded_keeps_nobody_out() {
    let report = Recorded::open().report();
    assert_eq!(report.outcome, Outcome::Open, "{}", report.headline);
    assert_eq!(report.causes, []);
    assert_eq!(report.notes, Vec::<String>::new());
}

#[test]
fn a_full_table_of_connections_drops_new_ones() {
    let with = |count: u64| {
        Recorded::open().changed(|case| {
            case.fact("resources")["resources"]["conntrack"] =
                json!({"count": count, "max": 262_144, "dropped": 17});
        })
    };
    assert_eq!(with(262_143).report().outcome, Outcome::Open);
    let message = "nf_conntrack: nf_conntrack: table full, dropping packet";
    let report = with(262_144).logged("kernel", message).report();
    assert_eq!(only_cause(&report), "conntrack-full");
    assert_eq!(report.outcome, Outcome::TimedOut);
    assert_eq!(stopped_at(&report), Some(Stage::HostFirewall));
    let quoted = report.causes[0].quotation.as_ref().unwrap();
    assert!(quoted.text.contains("table full"), "{}", quoted.text);
}

#[test]
fn a_stalled_host_is_blamed_only_where_the_client_waited_in_vain() {
    let stalled = || {
        Recorded::open().changed(|case| {
            case.fact("resources")["resources"]["pressure"]["memory_full"] = json!(92.5);
        })
    };
    let report = stalled().report();
    assert_eq!(report.outcome, Outcome::Open);
    assert!(
        report.notes.iter().any(|note| note.contains("overloaded")),
        "{:?}",
        report.notes
    );
    let message = "fatal: Timeout before authentication for 198.51.100.7 port 40022";
    let report = stalled().logged("sshd", message).report();
    assert_eq!(only_cause(&report), "overloaded");
    assert_eq!(report.outcome, Outcome::Silent);
    let other = "fatal: Timeout before authentication for 203.0.113.5 port 40022";
    assert_eq!(
        stalled().logged("sshd", other).report().outcome,
        Outcome::Open
    );
}

#[test]
fn selinux_keeps_sshd_from_a_port_that_is_not_labelled_for_it() {
    let with = |label: Value| {
        Recorded::open()
            .port(2222)
            .changed(|case| {
                case.fact("listeners")["listeners"] = json!([]);
                case.fact("sshd-processes")["processes"] = json!([]);
                let selinux = &mut case.fact("selinux")["selinux"];
                selinux["mode"] = json!("enforcing");
                selinux["port_type"] = label;
                let unit = &mut case.fact("unit")["unit"];
                unit["active_state"] = json!("failed");
                unit["main_pid"] = Value::Null;
            })
            .logged(
                "sshd",
                "error: Bind to port 2222 on 0.0.0.0 failed: Permission denied.",
            )
            .report()
    };
    let report = with(Value::Null);
    assert_eq!(only_cause(&report), "selinux-port-unlabelled");
    assert_eq!(report.outcome, Outcome::Refused);
    assert_eq!(stopped_at(&report), Some(Stage::Listener));
    assert!(
        report.next[0]
            .command
            .contains("semanage port -a -t ssh_port_t -p tcp 2222")
    );
    // Then it is something else that forbids it.
    assert_ne!(
        only_cause(&with(json!("ssh_port_t"))),
        "selinux-port-unlabelled"
    );
}

/// A host on which a file of the account has this label, and SELinux wants that of a home's SSH directory.
fn labelled(label: &str) -> Recorded {
    let label = label.to_owned();
    Recorded::open().changed(|case| {
        let selinux = &mut case.fact("selinux")["selinux"];
        selinux["mode"] = json!("enforcing");
        selinux["contexts"] = json!([{
            "path": "/home/deploy/.ssh/authorized_keys",
            "label": label,
            "expected": "unconfined_u:object_r:ssh_home_t:s0",
        }]);
    })
}

#[test]
fn a_wrong_label_is_blamed_only_where_sshd_was_denied_something() {
    const DENIED: &str = "audit: type=1400 audit(1795534825.1:42): avc:  denied  { read } for  pid=91 comm=\"sshd\" \
        name=\"authorized_keys\" dev=\"vda1\" scontext=system_u:system_r:sshd_t:s0 tcontext=unconfined_u:object_r:user_tmp_t:s0";
    let wrong = "unconfined_u:object_r:user_tmp_t:s0";
    let report = labelled(wrong).report();
    assert_eq!(report.outcome, Outcome::Open, "{}", report.headline);
    assert!(
        report.notes.iter().any(|note| note.contains("user_tmp_t")),
        "{:?}",
        report.notes
    );
    let report = labelled(wrong).logged("kernel", DENIED).report();
    assert_eq!(only_cause(&report), "selinux-file-context");
    assert_eq!(report.outcome, Outcome::LoginRefused);
    assert_eq!(stopped_at(&report), Some(Stage::Authentication));
}

#[test]
fn another_user_in_a_label_is_nothing_to_speak_of() {
    let report = labelled("system_u:object_r:ssh_home_t:s0").report();
    assert_eq!(report.notes, Vec::<String>::new());
    assert_eq!(report.outcome, Outcome::Open);
}

/// The disk of that host below a rescue system, with one line of fstab whose source is missing.
fn rescued(source: &str) -> Report {
    let entry = json!({
        "line": 3, "source": source, "place": "/data", "kind": "ext4", "options": ["defaults"],
        "exists": false, "mounted": null
    });
    let boot = json!({
        "not_to_be_run": false, "default_target": "graphical.target", "file_systems": [entry],
        "saved_rules": [], "cloud_init": false, "configured_interfaces": []
    });
    let mut case = Recorded::open();
    case.0["server"]["root"] = json!("/mnt");
    let observations = case.0["observations"].as_array_mut().expect("a list");
    observations.retain(|one| one["fact"]["kind"] == "operating-system");
    observations.push(json!({
        "id": "e98", "vantage": "server", "at_ms": 1.0, "elapsed_ms": 1.0,
        "fact": {"kind": "boot", "boot": boot}
    }));
    case.report()
}

#[test]
fn a_disk_that_a_rescue_system_lacks_is_no_proof_and_a_missing_file_is() {
    let report = rescued("/srv/data.img");
    assert_eq!(only_cause(&report), "boot-stuck-on-mount");
    assert_eq!(report.outcome, Outcome::Refused);
    let report = rescued("UUID=11-22");
    assert_eq!(report.causes, []);
    assert_eq!(report.later[0].id, "boot-stuck-on-mount");
    assert!(report.later[0].summary.contains("UUID=11-22"));
}
