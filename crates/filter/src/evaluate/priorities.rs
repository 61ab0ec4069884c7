//! What stands at one priority, and the nat chains, which are one of those things.

use std::rc::Rc;

use super::Version;
use super::answers::Role;
use super::decision::{Decider, Fate};
use super::steps::Step;
use super::tracking::{is_settled, settle, tracked, translate_back};
use super::walk::{Passage, Run, Stopped, Walker};
use crate::model::{ChainReference, Family, Hook};

/// Chains at one priority of which every order is tried; with more the answer is left open.
const MOST_AT_ONE_PRIORITY: usize = 4;

const SAME_PRIORITY: &str = "chains with the same priority run in an order that no listing tells";

impl Run<'_> {
    /// What stands at one priority, in every order.
    pub(super) fn group(&mut self, group: &[Step], walker: Walker, role: &Role) -> Passage {
        if let [only] = group {
            return self.step(only, walker, role);
        }
        let mut passage = match self.each_alone(group, &walker, role) {
            Some(passage) => passage,
            None if group.len() > MOST_AT_ONE_PRIORITY => return self.too_many(group, walker),
            None => self.in_every_order(group, &walker, role),
        };
        // The answer may then be one or the other, though every rule is decided.
        if passage.stopped.len() + passage.through.len() > 1
            && let Some(decider) = policy_among(group, self.hook)
        {
            self.undecided(decider, SAME_PRIORITY);
            for walker in &mut passage.through {
                walker.certain = false;
            }
        }
        passage
    }

    /// Chains that change neither the packet nor a set may run in any order: each may stop the packet first, and what all let through
    /// goes on.
    fn each_alone(&mut self, group: &[Step], walker: &Walker, role: &Role) -> Option<Passage> {
        let mut all = Passage::default();
        let mut goes_on = true;
        let mut one_each = true;
        let mut accepted: Vec<Walker> = Vec::new();
        let touched = self.touched.len();
        for step in group {
            let passage = self.step(step, walker.clone(), role);
            if passage
                .through
                .iter()
                .any(|through| through.packet != walker.packet)
            {
                return None;
            }
            goes_on &= !passage.through.is_empty();
            one_each &= passage.through.len() == 1;
            add_new(&mut all.stopped, passage.stopped);
            add_new(&mut accepted, passage.through);
        }
        if self.touched.len() > touched {
            return None;
        }
        if goes_on {
            let certain = accepted.iter().all(|walker| walker.certain);
            if one_each {
                // A rule that accepts says more than a policy.
                accepted.sort_by_key(|walker| !matches!(walker.accepted_by, Decider::Rule { .. }));
                accepted.truncate(1);
            }
            all.through.extend(
                accepted
                    .into_iter()
                    .map(|through| Walker { certain, ..through }),
            );
        }
        Some(all)
    }

    fn in_every_order(&mut self, group: &[Step], walker: &Walker, role: &Role) -> Passage {
        let mut all = Passage::default();
        for order in orders(group.len()) {
            let mut walkers = vec![walker.clone()];
            for index in order {
                let mut next = Vec::new();
                for walker in walkers {
                    let passage = self.step(&group[index], walker, role);
                    next.extend(passage.through);
                    add_new(&mut all.stopped, passage.stopped);
                }
                walkers = next;
            }
            add_new(&mut all.through, walkers);
        }
        all
    }

    fn too_many(&mut self, group: &[Step], walker: Walker) -> Passage {
        let mut passage = Passage::default();
        let decider = policy_among(group, self.hook).unwrap_or(Decider::NoChain);
        self.undecided(decider, SAME_PRIORITY);
        self.stop(&mut passage, walker, Fate::Unknown, decider);
        passage
    }

    fn step(&mut self, step: &Step, walker: Walker, role: &Role) -> Passage {
        match step {
            Step::Conntrack => Passage {
                through: vec![tracked(walker, role)],
                stopped: Vec::new(),
            },
            Step::Nat(chains) => self.nat(chains, walker, role),
            Step::Chain { reference, sure } => self.perhaps(*reference, *sure, walker),
        }
    }

    pub(super) fn perhaps(
        &mut self,
        reference: ChainReference,
        sure: bool,
        walker: Walker,
    ) -> Passage {
        if sure {
            return self.base_chain(reference, walker);
        }
        let unsure = Walker {
            certain: false,
            ..walker
        };
        let decider = Decider::Policy {
            chain: reference,
            hook: self.hook,
        };
        let mut passage = self.base_chain(reference, unsure.clone());
        if passage.stopped.is_empty() && passage.through.len() == 1 {
            return passage;
        }
        self.undecided(
            decider,
            match self.hook {
                Hook::Ingress | Hook::Egress => {
                    "depends on which interfaces the packet passes, and on which of them this chain is bound to"
                }
                _ => "depends on whether the packet meets this chain at all",
            },
        );
        add_new(&mut passage.through, vec![unsure]);
        passage
    }

    fn nat(&mut self, chains: &[(i32, ChainReference)], walker: Walker, role: &Role) -> Passage {
        let destination = matches!(self.hook, Hook::Prerouting | Hook::Output);
        let mut walker = walker;
        if walker.packet.tracking.connection != Some(true) {
            return Passage {
                through: vec![walker],
                stopped: Vec::new(),
            };
        }
        let asks = match role {
            Role::Syn => true,
            // A reset belongs to a connection whose source may not be settled yet: nat chains are asked as for a first packet. An ICMP
            // error is translated by what is settled (`nf_nat_ipv4_fn`, `net/netfilter/nf_nat_proto.c`).
            Role::Error => walker.packet.icmp.is_none(),
            Role::SynAck(_) => false,
        };
        let mut passage = Passage::default();
        if asks && !is_settled(&walker, destination) {
            let mut groups: Vec<Vec<ChainReference>> = Vec::new();
            let mut last = None;
            for (priority, reference) in chains {
                match groups.last_mut() {
                    Some(group) if last == Some(*priority) => group.push(*reference),
                    _ => groups.push(vec![*reference]),
                }
                last = Some(*priority);
            }
            let mut walkers = vec![walker];
            for group in groups {
                let mut next = Vec::new();
                for walker in walkers {
                    self.nat_group(&group, walker, destination, &mut next, &mut passage.stopped);
                }
                walkers = next;
            }
            for mut walker in walkers {
                settle(&mut walker, destination);
                add_new(&mut passage.through, vec![walker]);
            }
        } else {
            settle(&mut walker, destination);
            passage.through.push(walker);
        }
        if !matches!(role, Role::Syn) {
            for walker in &mut passage.through {
                translate_back(Rc::make_mut(&mut walker.packet), destination);
            }
        }
        passage
    }

    /// Whether conntrack is at work for sure: it is switched on by rules that need it (`nf_ct_netns_get`), and without it nat chains
    /// are not called.
    fn tracks(&self) -> bool {
        let own = match self.version {
            Version::V4 => Family::Ip,
            Version::V6 => Family::Ip6,
        };
        let families = &self.rule_set.tracked_families;
        families.contains(&Family::Inet) || families.contains(&own)
    }

    fn nat_group(
        &mut self,
        group: &[ChainReference],
        walker: Walker,
        destination: bool,
        next: &mut Vec<Walker>,
        stopped: &mut Vec<Stopped>,
    ) {
        if group.len() > MOST_AT_ONE_PRIORITY {
            let decider = Decider::Policy {
                chain: group[0],
                hook: self.hook,
            };
            self.undecided(decider, SAME_PRIORITY);
            add_new(
                stopped,
                vec![Stopped {
                    fate: Fate::Unknown,
                    decider,
                    packet: walker.packet,
                }],
            );
            return;
        }
        for order in orders(group.len()) {
            let mut walkers = vec![walker.clone()];
            for index in order {
                let mut after = Vec::new();
                for walker in walkers {
                    if is_settled(&walker, destination) {
                        after.push(walker);
                        continue;
                    }
                    let passage = self.perhaps(group[index], self.tracks(), walker);
                    add_new(stopped, passage.stopped);
                    after.extend(passage.through);
                }
                walkers = after;
            }
            add_new(next, walkers);
        }
    }
}

fn policy_among(group: &[Step], hook: Hook) -> Option<Decider> {
    group.iter().find_map(|step| match step {
        Step::Chain { reference, .. } => Some(Decider::Policy {
            chain: *reference,
            hook,
        }),
        _ => None,
    })
}

/// Adds what is not there yet.
pub(super) fn add_new<T: PartialEq>(list: &mut Vec<T>, more: Vec<T>) {
    for one in more {
        if !list.contains(&one) {
            list.push(one);
        }
    }
}

/// Every order of so many things.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for _ in 0..count {
        all = all
            .into_iter()
            .flat_map(|order: Vec<usize>| {
                (0..count)
                    .filter(|index| !order.contains(index))
                    .map(|index| {
                        let mut longer = order.clone();
                        longer.push(index);
                        longer
                    })
                    .collect::<Vec<_>>()
            })
            .collect();
    }
    all
}
