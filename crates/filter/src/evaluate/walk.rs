//! Follows a packet through the chains of one base chain.
//!
//! Where a rule is undecided both ways are followed, so several packets may walk at once. Calls are kept on a list of frames, not on the
//! stack: a rule set may chain 64,000 jumps.

use std::rc::Rc;

use std::collections::{BTreeSet, HashMap};

use super::condition::leading_conditions;
use super::decision::{Decider, Fate, Step, Translated, Undecided};
use super::scene::{Reason, Scene, Touched};
use super::{Facts, Packet, Truth, Version};
use crate::model::{Chain, ChainReference, Hook, Policy, Rule, RuleReference, RuleSet, Table};

/// Rules looked at in one decision before it is given up: some seconds of work.
const MOST_STEPS: u64 = 100_000_000;
/// What a walk through a chain counts beside its rules: what comes out of it is remembered for each packet that it was entered with.
const STEPS_OF_A_CALL: u64 = 500;
/// Packets that may differ by what an undecided rule did to them, before the answer is given up as unknown.
const MOST_WALKERS: usize = 64;

/// A packet on its way, with what has let it through so far.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Walker {
    pub(super) packet: Rc<Packet>,
    /// What accepted it last where it counts: input or forward.
    pub(super) accepted_by: Decider,
    /// Whether nothing undecided led it here.
    pub(super) certain: bool,
}

impl Walker {
    /// At the beginning of its way.
    pub(super) fn starting(packet: Packet) -> Self {
        Self {
            packet: Rc::new(packet),
            accepted_by: Decider::NoChain,
            certain: true,
        }
    }
}

/// A packet that goes no further.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Stopped {
    pub(super) fate: Fate,
    pub(super) decider: Decider,
    pub(super) packet: Rc<Packet>,
}

/// What came out of a base chain.
#[derive(Debug, Default)]
pub(super) struct Passage {
    pub(super) through: Vec<Walker>,
    pub(super) stopped: Vec<Stopped>,
}

/// What one rule does to one walker.
pub(super) enum Effect {
    Onward(Walker),
    Return(Walker),
    Accept(Walker),
    Stop(Walker, Fate),
    Call {
        walker: Walker,
        chain: u32,
        comes_back: bool,
    },
}

/// Everything noted while deciding.
pub(super) struct Run<'a> {
    pub(super) rule_set: &'a RuleSet,
    pub(super) facts: &'a Facts,
    pub(super) version: Version,
    pub(super) hook: Hook,
    pub(super) answering: bool,
    pub(super) touched: Touched,
    pub(super) trail: Vec<Step>,
    seen: BTreeSet<(Decider, bool)>,
    pub(super) undecided: Vec<Undecided>,
    pub(super) translations: Vec<Translated>,
    pub(super) not_read_for: Vec<Packet>,
    steps_left: u64,
    pub(super) effects: Vec<Effect>,
}

struct Frame {
    chain: u32,
    rule: usize,
    comes_back: bool,
    caller: usize,
    entered_with: Rc<Packet>,
    waiting: Vec<Walker>,
    onward: Vec<Walker>,
    returned: Vec<Walker>,
}

/// What a chain returned for a packet; `None` while it is still walking it.
type Remembered = HashMap<(u32, Rc<Packet>), Option<Vec<Walker>>>;

impl<'a> Run<'a> {
    pub(super) fn new(rule_set: &'a RuleSet, facts: &'a Facts, version: Version) -> Self {
        Self {
            rule_set,
            facts,
            version,
            hook: Hook::Input,
            answering: false,
            touched: Touched::new(),
            trail: Vec::new(),
            seen: BTreeSet::new(),
            undecided: Vec::new(),
            translations: Vec::new(),
            not_read_for: Vec::new(),
            steps_left: MOST_STEPS,
            effects: Vec::new(),
        }
    }

    /// Sends one walker through a base chain.
    pub(super) fn base_chain(&mut self, reference: ChainReference, walker: Walker) -> Passage {
        let mut passage = Passage::default();
        let Some((table, chain)) = self.chain(reference) else {
            passage.through.push(walker);
            return passage;
        };
        if !self.rule_set.interest.covers(&walker.packet) {
            if !self.not_read_for.contains(&*walker.packet) {
                self.not_read_for.push(Packet::clone(&walker.packet));
            }
            self.stop(
                &mut passage,
                walker,
                Fate::Unknown,
                Decider::Policy {
                    chain: reference,
                    hook: self.hook,
                },
            );
            return passage;
        }
        let returned = self.walk(reference, table, walker, &mut passage);
        let policy = chain
            .base
            .as_ref()
            .map_or(Policy::Accept, |base| base.policy);
        let decider = Decider::Policy {
            chain: reference,
            hook: self.hook,
        };
        for walker in returned {
            self.note(decider, walker.certain);
            match policy {
                Policy::Accept => self.let_through(&mut passage, walker, decider),
                Policy::Drop => self.stop(&mut passage, walker, Fate::Dropped, decider),
                Policy::Unknown => {
                    self.undecided(decider, "its policy is not told");
                    self.stop(&mut passage, walker, Fate::Unknown, decider);
                }
            }
        }
        passage
    }

    fn chain(&self, reference: ChainReference) -> Option<(&'a Table, &'a Chain)> {
        let table = self.rule_set.tables.get(reference.table as usize)?;
        Some((table, table.chains.get(reference.chain as usize)?))
    }

    fn walk(
        &mut self,
        base: ChainReference,
        table: &'a Table,
        walker: Walker,
        passage: &mut Passage,
    ) -> Vec<Walker> {
        let mut remembered = Remembered::new();
        let mut frames = vec![Frame::new(base.chain, walker, true, 0)];
        let mut from_base = Vec::new();
        while let Some(frame) = frames.last_mut() {
            let reference = ChainReference {
                table: base.table,
                chain: frame.chain,
            };
            let rules: &[Rule] = table
                .chains
                .get(frame.chain as usize)
                .map_or(&[], |chain| &chain.rules);
            if let Some(walker) = frame.waiting.pop() {
                let Some((rule, walker)) = self.next_effective(reference, rules, frame, walker)
                else {
                    continue;
                };
                self.apply(rule, &rules[rule.rule as usize], walker);
                let calls = self.spread(rule, frame, passage);
                let caller = frames.len() - 1;
                for call in calls {
                    self.enter(&mut remembered, &mut frames, passage, call, caller);
                }
            } else if frame.rule < rules.len() && !frame.onward.is_empty() {
                frame.rule += 1;
                frame.waiting = thinned(std::mem::take(&mut frame.onward));
                if frame.waiting.len() > MOST_WALKERS || self.is_exhausted() {
                    self.give_up(frame, reference, passage);
                }
            } else if let Some(done) = frames.pop() {
                let returned = thinned(done.returned);
                remembered.insert((done.chain, done.entered_with), Some(returned.clone()));
                match frames.get_mut(done.caller) {
                    Some(caller) if done.comes_back => caller.onward.extend(returned),
                    Some(caller) => caller.returned.extend(returned),
                    None => from_base = returned,
                }
            }
        }
        from_base
    }

    /// Moves a walker on to the next rule that does not fail before it does anything; at the end of the chain it returns.
    fn next_effective(
        &mut self,
        chain: ChainReference,
        rules: &[Rule],
        frame: &mut Frame,
        walker: Walker,
    ) -> Option<(RuleReference, Walker)> {
        // Others wait at this rule: they must not be overtaken.
        let alone = frame.waiting.is_empty() && frame.onward.is_empty();
        let reach = if alone { usize::MAX } else { 1 };
        let mut scene = self.scene(chain, &walker.packet);
        let mut looked_at = 0;
        let found = rules
            .iter()
            .enumerate()
            .skip(frame.rule)
            .take(reach)
            .find(|(_, rule)| {
                looked_at += 1;
                scene.reasons.clear();
                !leading_conditions(&rule.statements)
                    .any(|condition| scene.decide(condition) == Truth::False)
            });
        let found = found.map(|(index, _)| index);
        self.steps_left = self.steps_left.saturating_sub(looked_at);
        match found {
            Some(index) => {
                frame.rule = index;
                let rule = u32::try_from(index).unwrap_or(u32::MAX);
                Some((RuleReference { chain, rule }, walker))
            }
            None if alone || frame.rule >= rules.len() => {
                frame.returned.push(walker);
                None
            }
            None => {
                frame.onward.push(walker);
                None
            }
        }
    }

    /// Sends a walker into a chain, unless the chain is known to do nothing but return it.
    fn enter(
        &mut self,
        remembered: &mut Remembered,
        frames: &mut Vec<Frame>,
        passage: &mut Passage,
        call: Call,
        caller: usize,
    ) {
        let key = (call.chain, call.walker.packet.clone());
        match remembered.get(&key) {
            None => {
                self.steps_left = self.steps_left.saturating_sub(STEPS_OF_A_CALL);
                remembered.insert(key, None);
                frames.push(Frame::new(call.chain, call.walker, call.comes_back, caller));
            }
            Some(Some(returned)) => {
                let certain = call.walker.certain;
                let returned = returned.iter().map(|walker| Walker {
                    certain: walker.certain && certain,
                    ..walker.clone()
                });
                if let Some(frame) = frames.get_mut(caller) {
                    let place = if call.comes_back {
                        &mut frame.onward
                    } else {
                        &mut frame.returned
                    };
                    place.extend(returned);
                }
            }
            Some(None) => {
                let decider = Decider::Rule {
                    rule: call.rule,
                    hook: self.hook,
                };
                self.undecided(decider, "chains that call each other in a circle");
                self.stop(passage, call.walker, Fate::Unknown, decider);
            }
        }
    }

    pub(super) fn scene<'s>(&'s self, chain: ChainReference, packet: &'s Packet) -> Scene<'s> {
        Scene {
            rule_set: self.rule_set,
            chain,
            hook: self.hook,
            packet,
            facts: self.facts,
            touched: &self.touched,
            reasons: Vec::new(),
        }
    }

    /// Puts walkers where a rule sent them; gives back those that a chain is called for.
    fn spread(
        &mut self,
        rule: RuleReference,
        frame: &mut Frame,
        passage: &mut Passage,
    ) -> Vec<Call> {
        let decider = Decider::Rule {
            rule,
            hook: self.hook,
        };
        let mut calls = Vec::new();
        for effect in std::mem::take(&mut self.effects) {
            match effect {
                Effect::Onward(walker) => frame.onward.push(walker),
                Effect::Return(walker) => frame.returned.push(walker),
                Effect::Accept(walker) => self.let_through(passage, walker, decider),
                Effect::Stop(walker, fate) => self.stop(passage, walker, fate, decider),
                Effect::Call {
                    walker,
                    chain,
                    comes_back,
                } => calls.push(Call {
                    walker,
                    chain,
                    comes_back,
                    rule,
                }),
            }
        }
        calls
    }

    fn give_up(&mut self, frame: &mut Frame, chain: ChainReference, passage: &mut Passage) {
        let decider = Decider::Policy {
            chain,
            hook: self.hook,
        };
        self.undecided(decider, "too many undecided rules change the packet");
        for walker in frame.waiting.drain(..) {
            self.stop(passage, walker, Fate::Unknown, decider);
        }
    }

    pub(super) fn let_through(&mut self, passage: &mut Passage, walker: Walker, decider: Decider) {
        let counts = matches!(self.hook, Hook::Input | Hook::Forward) && !self.answering;
        let accepted_by = match (counts, decider, walker.accepted_by) {
            (false, _, before) => before,
            (true, Decider::Policy { .. }, before @ Decider::Rule { .. }) => before,
            (true, now, _) => now,
        };
        let walker = Walker {
            accepted_by,
            ..walker
        };
        if !passage.through.contains(&walker) {
            passage.through.push(walker);
        }
    }

    pub(super) fn stop(
        &mut self,
        passage: &mut Passage,
        walker: Walker,
        fate: Fate,
        decider: Decider,
    ) {
        let stopped = Stopped {
            fate,
            decider,
            packet: walker.packet,
        };
        if !passage.stopped.contains(&stopped) {
            passage.stopped.push(stopped);
        }
    }

    /// Notes a rule that matched, once.
    pub(super) fn note(&mut self, decider: Decider, certain: bool) {
        if self.seen.insert((decider, self.answering)) {
            self.trail.push(Step {
                decider,
                certain,
                answering: self.answering,
            });
        }
    }

    pub(super) fn undecided(&mut self, decider: Decider, reason: impl Into<String>) {
        self.undecided_because(decider, vec![Reason::of(reason)]);
    }

    pub(super) fn undecided_because(&mut self, decider: Decider, reasons: Vec<Reason>) {
        for reason in reasons {
            let undecided = Undecided {
                decider,
                reason: reason.words,
                rate: reason.rate,
            };
            if !self.undecided.contains(&undecided) {
                self.undecided.push(undecided);
            }
        }
    }

    pub(super) const fn is_exhausted(&self) -> bool {
        self.steps_left == 0
    }
}

impl Frame {
    fn new(chain: u32, walker: Walker, comes_back: bool, caller: usize) -> Self {
        Self {
            chain,
            rule: 0,
            comes_back,
            caller,
            entered_with: walker.packet.clone(),
            waiting: vec![walker],
            onward: Vec::new(),
            returned: Vec::new(),
        }
    }
}

/// The rule that calls a chain.
struct Call {
    walker: Walker,
    chain: u32,
    comes_back: bool,
    rule: RuleReference,
}

/// Each walker once; two that differ only in certainty are one.
fn thinned(walkers: Vec<Walker>) -> Vec<Walker> {
    if walkers.len() < 2 {
        return walkers;
    }
    let mut kept: Vec<Walker> = Vec::with_capacity(walkers.len());
    for walker in walkers {
        match kept
            .iter_mut()
            .find(|other| other.packet == walker.packet && other.accepted_by == walker.accepted_by)
        {
            Some(same) => same.certain |= walker.certain,
            None => kept.push(walker),
        }
    }
    kept
}
