//! What every test of the prober needs: a directory, a prober, answers.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use sshdoctor_case::{
    Approach, Ask, Depth, Destination, Fact, Observation, PortRole, Question, SshOptions,
};
use sshdoctor_probe::Prober;

/// A directory that goes with the test.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("sshdoctor-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Options that keep the machine's own configuration and known_hosts out.
pub(crate) fn options(known_hosts: &Path) -> SshOptions {
    SshOptions {
        config_file: Some("none".into()),
        options: vec![
            format!("UserKnownHostsFile={}", known_hosts.display()),
            "GlobalKnownHostsFile=/dev/null".into(),
        ],
        ..SshOptions::default()
    }
}

pub(crate) fn prober(destination: &str, options: SshOptions) -> Prober {
    let destination = Destination::parse(destination).unwrap();
    Prober::new(destination, options, Instant::now())
}

/// Asks one question and collects what is seen. The answer must keep its deadline.
pub(crate) async fn ask(prober: &Prober, question: Question, deadline_ms: u32) -> Vec<Observation> {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let ask = Ask {
        number: 7,
        question,
        deadline_ms,
        reason: String::new(),
    };
    let began = Instant::now();
    prober.answer(ask, sender).await;
    let took = began.elapsed();
    let allowed = Duration::from_millis(u64::from(deadline_ms) + 50);
    assert!(took <= allowed, "{took:?} is later than {allowed:?}");
    let mut seen = Vec::new();
    while let Some((number, observation)) = receiver.recv().await {
        assert_eq!(number, 7);
        seen.push(observation);
    }
    seen
}

pub(crate) async fn facts(prober: &Prober, question: Question, deadline_ms: u32) -> Vec<Fact> {
    let seen = ask(prober, question, deadline_ms).await;
    seen.into_iter()
        .map(|observation| observation.fact)
        .collect()
}

pub(crate) fn approach(to: SocketAddr, depth: Depth) -> Question {
    Question::Approach {
        approach: Approach {
            to,
            role: PortRole::Target,
            depth,
            segment_size: None,
        },
    }
}
