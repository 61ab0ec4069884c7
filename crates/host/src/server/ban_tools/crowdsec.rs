//! CrowdSec: its decisions about the client, from its own command line, which holds the key that its interface wants.

use std::net::IpAddr;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use sshdoctor_case::{Ban, BanTool, Obstacle, Received};

use super::super::Host;
use super::fail2ban_seconds;
use super::processes::runs;
use super::{Tool, at_boot, nothing_of};
use crate::child::{Failure, output};

const MOST: u64 = 1024 * 1024;

pub(super) fn look(
    host: &Host,
    processes: Option<&Vec<Vec<u8>>>,
    patience: Duration,
) -> Option<Tool> {
    let running = runs(processes, &["crowdsec"]);
    if !host.root.exists("/etc/crowdsec") && running != Some(true) {
        return None;
    }
    let mut tool = BanTool {
        running,
        enabled: at_boot::starts(&host.root, "crowdsec"),
        ..nothing_of("crowdsec")
    };
    let Some(from) = host.question.from.filter(|_| running == Some(true)) else {
        return Some(Tool::seen(tool));
    };
    match decisions(host, from, patience) {
        Ok(ban) => {
            tool.ban = ban;
            Some(Tool::seen(tool))
        }
        Err((obstacle, why)) => {
            tool.problem = Some(Received::from_text(&why));
            Some(Tool {
                tool,
                not_asked: Some((obstacle, why)),
            })
        }
    }
}

fn decisions(
    host: &Host,
    from: IpAddr,
    patience: Duration,
) -> Result<Option<Ban>, (Obstacle, String)> {
    let program = host
        .programs
        .find("cscli")
        .ok_or_else(|| (Obstacle::Absent, "cscli: not found".to_owned()))?;
    let mut command = Command::new(program);
    command.args(["decisions", "list", "-o", "json", "--ip"]);
    command.arg(from.to_string());
    let printed = output(&mut command, patience, MOST).map_err(|failure| {
        let obstacle = match failure {
            Failure::TooLong(_) => Obstacle::TooLong,
            Failure::Own(_) => Obstacle::Failed,
        };
        (obstacle, format!("cscli decisions list: {failure}"))
    })?;
    if !printed.succeeded() {
        let said = String::from_utf8_lossy(&printed.stderr);
        let why = said.lines().next().unwrap_or_default().to_owned();
        return Err((Obstacle::Failed, format!("cscli decisions list: {why}")));
    }
    let alerts: Value = serde_json::from_slice(&printed.stdout)
        .map_err(|error| (Obstacle::Failed, format!("cscli decisions list: {error}")))?;
    Ok(first_ban(&alerts, jiff::Timestamp::now().as_millisecond()))
}

/// The ban of a list of alerts, each with its decisions; `null` where there is none.
fn first_ban(alerts: &Value, now_ms: i64) -> Option<Ban> {
    let decisions = alerts
        .as_array()?
        .iter()
        .filter_map(|alert| alert.get("decisions")?.as_array())
        .flatten();
    let mut bans =
        decisions.filter(|decision| decision.get("type").and_then(Value::as_str) == Some("ban"));
    let ban = bans.next()?;
    let text = |name: &str| ban.get(name).and_then(Value::as_str);
    // `3h59m43.2s`; what is past has a sign.
    let duration = text("duration").map(|duration| {
        let whole = duration.trim_end_matches('s');
        let whole = whole.split_once('.').map_or(whole, |(whole, _)| whole);
        format!("{whole}s")
    });
    let left = duration.and_then(|duration| fail2ban_seconds(&duration));
    Some(Ban {
        source: Received::from_text(text("value")?),
        until_ms: left.and_then(|left| left.checked_mul(1000)?.checked_add(now_ms)),
        forever: false,
        reason: text("scenario").map(Received::from_text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ban_is_found_among_decisions() {
        let alerts = serde_json::json!([{"decisions": [
            {"type": "captcha", "value": "198.51.100.7"},
            {"type": "ban", "value": "198.51.100.7", "duration": "3h59m43.87s", "scenario": "crowdsecurity/ssh-bf"}]}]);
        let ban = first_ban(&alerts, 1000).unwrap();
        assert_eq!(ban.until_ms, Some(14_384_000));
        assert_eq!(ban.reason.unwrap().as_str(), "crowdsecurity/ssh-bf");
        assert_eq!(first_ban(&Value::Null, 0), None);
    }
}
