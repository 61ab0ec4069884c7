//! Tools that ban. What they really keep out is for the packet filter to say.

mod at_boot;
mod crowdsec;
mod fail2ban;
mod lists;
mod network;
mod pickle;
mod processes;

use sshdoctor_case::{BanTool, Fact, Obstacle, Received, Sight};

use super::{Host, not_seen};
use fail2ban::seconds as fail2ban_seconds;

/// A tool, and why it could not be asked.
struct Tool {
    tool: BanTool,
    not_asked: Option<(Obstacle, String)>,
}

impl Tool {
    const fn seen(tool: BanTool) -> Self {
        Self {
            tool,
            not_asked: None,
        }
    }
}

pub(super) fn look(host: &Host) -> Vec<Fact> {
    let processes = processes::names(&host.root);
    let processes = processes.as_ref();
    // Two that may not answer: together they take less than the patience.
    let patience = host.patience.mul_f32(0.45);
    let tools = [
        fail2ban::look(host, processes, patience),
        crowdsec::look(host, processes, patience),
        lists::sshguard(host, processes),
        lists::csf(host, processes),
        lists::denyhosts(host, processes),
    ];
    let facts = tools.into_iter().flatten().flat_map(|found| {
        let not_asked = found.not_asked.map(|(obstacle, why)| {
            not_seen(
                Sight::BanTools,
                obstacle,
                format!("{}: {why}", found.tool.tool),
            )
        });
        let ban_tool = Box::new(found.tool);
        [Some(Fact::BanTool { ban_tool }), not_asked]
    });
    facts.flatten().collect()
}

fn nothing_of(tool: &str) -> BanTool {
    BanTool {
        tool: Received::from_text(tool),
        running: None,
        enabled: None,
        jails: Vec::new(),
        ban: None,
        file: None,
        problem: None,
    }
}
