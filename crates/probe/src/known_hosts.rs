//! The client's memory of host keys.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use sshdoctor_case::{Fact, KnownKey, Received, RememberedPort, RememberedWhere};
use sshdoctor_wire::{
    KnownHosts,
    known_hosts::{DEFAULT_PORT, Entry, Hosts, lookup_name, recover_ports},
};

use crate::answering::Answering;

/// The most bytes of one file that are read: some 50,000 entries.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The most keys, ports and problems that are told.
const MAX_TOLD: usize = 64;

/// The search for ports ends this long before the deadline, so that a busy machine can still report the rest in time.
const MARGIN: Duration = Duration::from_millis(50);

/// Ports where sshd customarily listens, tried first on hashed entries.
const CUSTOMARY: [u16; 12] = [
    2222, 22022, 2200, 222, 2022, 22222, 10022, 8022, 1022, 443, 50022, 60022,
];

/// Files that were read, with what could not be read of them.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) known: KnownHosts,
    /// Paths, by the index that entries carry.
    pub(crate) files: Vec<String>,
    problems: Vec<String>,
}

/// The files of this inquiry; each set is read once.
#[derive(Default)]
pub(crate) struct KnownHostsFiles {
    loaded: Mutex<HashMap<Vec<String>, Arc<Loaded>>>,
}

impl KnownHostsFiles {
    /// Reads the files, or returns what was read before.
    pub(crate) async fn load(&self, files: Vec<String>) -> Arc<Loaded> {
        let lock = || self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = lock().get(&files) {
            return Arc::clone(loaded);
        }
        let paths = files.clone();
        let loaded = tokio::task::spawn_blocking(move || read_all(paths))
            .await
            .unwrap_or_default();
        let loaded = Arc::new(loaded);
        lock().insert(files, Arc::clone(&loaded));
        loaded
    }
}

fn read_all(files: Vec<String>) -> Loaded {
    let mut loaded = Loaded::default();
    for path in files {
        let bytes = match read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                loaded.problems.push(format!("{path}: {error}"));
                continue;
            }
        };
        loaded.known.add_file(&bytes);
        loaded.files.push(path);
    }
    for problem in loaded.known.problems().iter().take(MAX_TOLD) {
        let path = path_of(problem.file, &loaded.files);
        loaded
            .problems
            .push(format!("{path} line {}: {}", problem.line, problem.reason));
    }
    loaded
}

fn read(path: &str) -> io::Result<Vec<u8>> {
    if path == "/dev/null" {
        return Ok(Vec::new());
    }
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    if metadata.len() > MAX_BYTES {
        let message = format!("{} bytes, at most {MAX_BYTES} are read", metadata.len());
        return Err(io::Error::other(message));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn path_of(file: usize, files: &[String]) -> String {
    files.get(file).cloned().unwrap_or_default()
}

/// An entry as evidence.
pub(crate) fn known_key(entry: &Entry, files: &[String]) -> KnownKey {
    KnownKey {
        file: path_of(entry.file, files),
        line: entry.line,
        marker: entry.marker.map(|marker| marker.name().to_owned()),
        key_type: Received::from_text(&entry.key_type),
        fingerprint: entry.fingerprint(),
    }
}

/// Tells a search in another thread to stop when nobody waits for it any more.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Answers [`sshdoctor_case::Question::KnownHosts`].
pub(crate) async fn answer(
    answering: &Answering,
    cache: &KnownHostsFiles,
    names: Vec<String>,
    port: u16,
    files: Vec<String>,
) {
    let loaded = cache.load(files).await;
    let stop = StopOnDrop(Arc::new(AtomicBool::new(false)));
    let stopped = Arc::clone(&stop.0);
    let until = answering.deadline_less(MARGIN);
    let problems = loaded.problems.iter().take(MAX_TOLD);
    let problems: Vec<Received> = problems
        .map(|problem| Received::from_text(problem))
        .collect();
    let search = tokio::task::spawn_blocking(move || {
        let keys = keys(&loaded, &names, port);
        let go_on = || Instant::now() < until && !stopped.load(Ordering::Relaxed);
        let other_ports = other_ports(&loaded, &names, port, go_on);
        (keys, other_ports)
    });
    let Ok((keys, other_ports)) = search.await else {
        answering.not_observed("reading known_hosts broke off");
        return;
    };
    let fact = Fact::KnownHosts {
        keys,
        other_ports,
        problems,
    };
    answering.saw(answering.began(), fact);
}

fn keys(loaded: &Loaded, names: &[String], port: u16) -> Vec<KnownKey> {
    let mut keys: Vec<KnownKey> = Vec::new();
    for name in names {
        for entry in loaded.known.matching(name, port) {
            let key = known_key(entry, &loaded.files);
            if !keys.contains(&key) && keys.len() < MAX_TOLD {
                keys.push(key);
            }
        }
    }
    keys
}

/// Ports other than `port` under which a name is known.
fn other_ports(
    loaded: &Loaded,
    names: &[String],
    port: u16,
    mut go_on: impl FnMut() -> bool,
) -> Vec<RememberedPort> {
    let mut found = Found {
        except: port,
        ports: Vec::new(),
    };
    let mut remember = |port: u16, file: usize, line: u32, hashed: bool| {
        found.add(port, path_of(file, &loaded.files), line, hashed);
    };
    for entry in loaded.known.entries() {
        if let Hosts::Listed(list) = &entry.hosts {
            for other in listed_ports(list, names) {
                remember(other, entry.file, entry.line, false);
            }
        }
        if names
            .iter()
            .any(|name| entry.applies_to(&lookup_name(name, DEFAULT_PORT)))
        {
            let hashed = matches!(entry.hosts, Hosts::Hashed(_));
            remember(DEFAULT_PORT, entry.file, entry.line, hashed);
        }
    }
    let wanted: Vec<&str> = names.iter().map(String::as_str).collect();
    // Entries of the target's own port are known already; the search would only find them again.
    let target: Vec<String> = names.iter().map(|name| lookup_name(name, port)).collect();
    let unknown = loaded
        .known
        .entries()
        .iter()
        .filter(|entry| !target.iter().any(|name| entry.applies_to(name)));
    let recovery = recover_ports(unknown, &wanted, &CUSTOMARY, &mut go_on);
    for recovered in recovery.found {
        remember(recovered.port, recovered.file, recovered.line, true);
    }
    found.ports
}

struct Found {
    except: u16,
    ports: Vec<RememberedPort>,
}

impl Found {
    fn add(&mut self, port: u16, file: String, line: u32, hashed: bool) {
        let known = self.ports.iter().any(|remembered| remembered.port == port);
        if port == self.except || known || self.ports.len() >= MAX_TOLD {
            return;
        }
        self.ports.push(RememberedPort {
            port,
            place: RememberedWhere::KnownHosts { file, line, hashed },
        });
    }
}

/// Ports of `[name]:port` words in a list of names.
fn listed_ports(list: &[u8], names: &[String]) -> Vec<u16> {
    list.split(|byte| *byte == b',')
        .filter_map(|word| {
            let word = std::str::from_utf8(word).ok()?.strip_prefix('[')?;
            let (name, port) = word.rsplit_once("]:")?;
            let ours = names.iter().any(|ours| ours.eq_ignore_ascii_case(name));
            ours.then(|| port.parse().ok()).flatten()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHq1i9b8eSxTuZQdZ5DPXG4WJTYeiVRUyoQFTQ+nAzWm";

    fn loaded(text: &str) -> Loaded {
        let mut loaded = Loaded::default();
        loaded.known.add_file(text.as_bytes());
        loaded.files.push("known_hosts".into());
        loaded
    }

    #[test]
    fn ports_in_the_clear_are_found_and_the_target_is_not_among_them() {
        let loaded = loaded(&format!(
            "[WEB1]:2222,[192.0.2.1]:2200 {KEY}\n[other]:2201 {KEY}\nweb1 {KEY}\n[web1]:2222 {KEY}\n"
        ));
        let names = ["web1".to_owned(), "192.0.2.1".to_owned()];
        let ports = |port| -> Vec<u16> {
            other_ports(&loaded, &names, port, || true)
                .into_iter()
                .map(|found| found.port)
                .collect()
        };
        assert_eq!(ports(22), [2222, 2200]);
        assert_eq!(ports(2222), [2200, 22]);
        assert_eq!(keys(&loaded, &names, 22).len(), 1);
        assert_eq!(keys(&loaded, &names, 2222)[0].line, 1);
    }

    #[test]
    fn what_cannot_be_read_is_a_problem_and_what_is_missing_is_not() {
        let loaded = read_all(vec![
            "/nonexistent/known_hosts".into(),
            "/dev/null".into(),
            "/".into(),
        ]);
        assert_eq!(loaded.files, ["/dev/null"]);
        assert_eq!(loaded.problems, ["/: not a regular file"]);
    }
}
