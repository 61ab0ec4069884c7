//! Nothing that was started for a question outlives it.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use sshdoctor_case::{Ask, Fact, ProxyOutcome, Question, SshOptions};

use crate::support::{Directory, facts, prober};

/// A ProxyCommand whose grandchild writes its process id to a file and stays.
fn lingering(file: &Path) -> Question {
    Question::ProxyCommand {
        command: format!("sh -c 'sleep 60 & echo $! > {}; wait'", file.display()),
    }
}

fn process_written_to(file: &Path) -> u32 {
    let until = Instant::now() + Duration::from_secs(2);
    loop {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if let Some(id) = text.strip_suffix('\n') {
            return id.parse().unwrap();
        }
        assert!(Instant::now() < until, "the command did not start");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn assert_gone(process: u32) {
    let until = Instant::now() + Duration::from_secs(1);
    loop {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat"));
        if stat.map_or(true, |stat| stat.contains(") Z ")) {
            return;
        }
        assert!(Instant::now() < until, "process {process} is still there");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[tokio::test]
async fn the_deadline_ends_grandchildren_too() {
    let directory = Directory::new();
    let file = directory.path("id");
    let prober = prober("web1", SshOptions::default());
    let seen = facts(&prober, lingering(&file), 300).await;
    assert!(
        matches!(
            &seen[..],
            [Fact::ProxyCommand {
                outcome: ProxyOutcome::Silent,
                ..
            }]
        ),
        "{seen:?}"
    );
    assert_gone(process_written_to(&file));
}

#[tokio::test]
async fn dropping_the_answer_ends_them_at_once() {
    let directory = Directory::new();
    let file = directory.path("id");
    let prober = prober("web1", SshOptions::default());
    let (sender, _receiver) = tokio::sync::mpsc::unbounded_channel();
    let ask = Ask {
        number: 1,
        question: lingering(&file),
        deadline_ms: 30_000,
        reason: String::new(),
    };
    let started = async {
        while !file.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        () = prober.answer(ask, sender) => panic!("it cannot be answered"),
        () = started => {}
    }
    assert_gone(process_written_to(&file));
}

#[tokio::test]
async fn a_match_exec_that_hangs_is_not_waited_for() {
    let directory = Directory::new();
    let file = directory.path("id");
    let config = directory.write(
        "config",
        &format!(
            "Match exec \"sleep 60 & echo $! > {}; wait\"\nPort 1\n",
            file.display()
        ),
    );
    let options = SshOptions {
        config_file: Some(config.display().to_string()),
        ..SshOptions::default()
    };
    let seen = facts(&prober("web1", options), Question::ClientConfig, 500).await;
    assert!(matches!(&seen[..], [Fact::NotObserved { .. }]), "{seen:?}");
    assert_gone(process_written_to(&file));
}
