use super::*;

#[test]
fn ends_of_bans_are_read() {
    let read = |line: &str| end_of_ban(line, "198.51.100.7", &TimeZone::UTC);
    assert_eq!(
        read("198.51.100.7 \t1970-01-01 00:00:00 + 600 = 1970-01-01 00:10:00"),
        Some((Some(600_000), false))
    );
    assert_eq!(
        read("198.51.100.7 \t2026-11-24 12:00:00 + -1 = 9999-12-31 23:59:59"),
        Some((None, true))
    );
    assert_eq!(read("198.51.100.70 \t1970-01-01 00:00:00 + 600 = x"), None);
    assert_eq!(read("198.51.100.7"), None);
}

/// A real server with a jail that does nothing to the packet filter.
struct Server {
    process: std::process::Child,
    directory: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let write = |name: &str, text: &str| std::fs::write(at(name), text).unwrap();
        for below in ["jail.d", "filter.d", "action.d", "fail2ban.d"] {
            std::fs::create_dir(at(below)).unwrap();
        }
        write("log", "");
        write(
            "fail2ban.conf",
            "[Definition]\nloglevel = INFO\nlogtarget = SYSOUT\nsyslogsocket = auto\ndbfile = None\n",
        );
        write(
            "filter.d/none.conf",
            "[Definition]\nfailregex = ^never <HOST>$\n",
        );
        write(
            "action.d/none.conf",
            "[Definition]\nactionban =\nactionunban =\n",
        );
        write(
            "jail.conf",
            &format!(
                "[DEFAULT]\nbackend = polling\nlogpath = {}\nfilter = none\naction = none\nusedns = no\n\
                 maxretry = 4\nfindtime = 11m\nbantime = 1h\nignoreip = 127.0.0.1/8 192.0.2.0/24\n\
                 [sshd]\nenabled = true\n[for-ever]\nenabled = true\nbantime = -1\n[off]\nenabled = false\n",
                at("log").display()
            ),
        );
        let process = std::process::Command::new("fail2ban-server")
            .args(["-f", "-x", "-c"])
            .arg(directory.path())
            .arg("-s")
            .arg(at("socket"))
            .arg("-p")
            .arg(at("pid"))
            .arg("start")
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("this test needs fail2ban");
        let server = Self { process, directory };
        let until = Instant::now() + Duration::from_secs(10);
        while let Err(error) = server.client(&["ping"]) {
            assert!(Instant::now() < until, "fail2ban does not answer: {error}");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    fn socket(&self) -> std::path::PathBuf {
        self.directory.path().join("socket")
    }

    fn client(&self, words: &[&str]) -> io::Result<()> {
        let ends_at = Instant::now() + Duration::from_secs(5);
        Client::connect(&self.socket(), ends_at)?.ask(words, |_| ())
    }

    fn ask(&self, from: &str) -> Asked {
        let patience = Duration::from_secs(2);
        ask(&self.socket(), from.parse().ok(), &TimeZone::UTC, patience)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Bans are made here through the same socket, which the observer never does.
#[test]
fn a_real_fail2ban_tells_whom_it_bans_and_until_when() {
    crate::tests::namespace::in_namespace(|| {
        let server = Server::start();
        let until = Instant::now() + Duration::from_secs(10);
        while server.ask("198.51.100.7").jails.len() < 2 {
            assert!(Instant::now() < until, "the jails do not come up");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
            .client(&["set", "sshd", "banip", "198.51.100.7"])
            .unwrap();
        server
            .client(&["set", "for-ever", "banip", "2001:db8::/64"])
            .unwrap();
        let until = Instant::now() + Duration::from_secs(10);
        let asked = loop {
            let asked = server.ask("198.51.100.7");
            if asked.jails.iter().any(|jail| jail.ban.is_some()) {
                break asked;
            }
            assert!(Instant::now() < until, "{:?}", asked.jails);
            std::thread::sleep(Duration::from_millis(50));
        };
        assert!(asked.running == Some(true) && asked.problem.is_none());
        let sshd = asked
            .jails
            .iter()
            .find(|jail| jail.name.as_str() == "sshd")
            .unwrap();
        assert_eq!(sshd.banned, Some(1));
        assert_eq!(sshd.ignored, Some(false));
        assert_eq!(
            (sshd.max_retry, sshd.find_time_s, sshd.ban_time_s),
            (Some(4), Some(660), Some(3600))
        );
        let ban = sshd.ban.as_ref().unwrap();
        assert_eq!((ban.source.as_str(), ban.forever), ("198.51.100.7", false));
        assert!(ban.until_ms.is_some());

        let of_office = server.ask("192.0.2.7");
        assert!(
            of_office
                .jails
                .iter()
                .all(|jail| jail.ignored == Some(true) && jail.ban.is_none())
        );
        let by_network = server.ask("2001:db8::7");
        let for_ever = by_network
            .jails
            .iter()
            .find_map(|jail| jail.ban.clone())
            .unwrap();
        assert_eq!(
            (for_ever.source.as_str(), for_ever.forever),
            ("2001:db8::/64", true)
        );

        let begun = Instant::now();
        server.ask("198.51.100.7");
        assert!(
            begun.elapsed() < Duration::from_millis(500),
            "{:?}",
            begun.elapsed()
        );
    });
}

/// A server that takes the question and never answers, and one that is full.
#[test]
fn a_fail2ban_that_hangs_costs_no_more_than_the_patience() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let _silent = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let patience = Duration::from_millis(100);
    let begun = Instant::now();
    let asked = ask(&path, None, &TimeZone::UTC, patience);
    assert!(begun.elapsed() < Duration::from_secs(1));
    let problem = asked.problem.unwrap();
    assert!(
        asked.running == Some(true)
            && obstacle(problem.kind()) == sshdoctor_case::Obstacle::TooLong,
        "{problem:?}"
    );
    let gone = ask(
        &directory.path().join("none"),
        None,
        &TimeZone::UTC,
        patience,
    );
    assert!(gone.running == Some(false) && gone.problem.is_none());
}
