//! Bayes over the worlds of the catalogue, in log space.

use crate::catalogue::{self, Cause};
use crate::outside::likelihood::{self, FollowUp};
use crate::outside::reading::{Reading, Sourced};
use crate::outside::setting::Setting;
use crate::outside::world::World;

/// Prior weight of everything the catalogue does not list, on the catalogue's scale of about 1000.
const UNLISTED_WEIGHT: f64 = 8.0;

/// Prior weight of "nothing is wrong": people also run the program to see a good answer.
const HEALTHY_WEIGHT: f64 = 150.0;

/// A cause is contradicted when its best world explains the evidence this many times worse than the best explanation.
/// Two independent losses of a packet, or one answer that the model calls impossible, reach it; a single lost packet does not.
const CONTRADICTED: f64 = 2e-3;

/// A reading speaks against a cause on its own when it is this improbable in every one of its worlds.
const DECISIVE: f64 = 0.021;

struct Hypothesis {
    /// `None`: nothing is wrong.
    cause: Option<&'static Cause>,
    world: World,
    log_prior: f64,
    /// Probability of each reading, in the order of the readings.
    given: Vec<f64>,
    log_likelihood: f64,
}

/// Belief after some readings.
pub(crate) struct Belief {
    hypotheses: Vec<Hypothesis>,
    unlisted_log: f64,
    setting: Setting,
    readings: Vec<Sourced>,
}

/// A cause with its share of the belief.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weighed {
    pub(crate) cause: &'static Cause,
    pub(crate) probability: f64,
}

/// A cause that the readings contradict, and which of them do.
pub(crate) struct Contradicted {
    pub(crate) cause: &'static Cause,
    pub(crate) by: Vec<Sourced>,
}

impl Belief {
    /// Weighs every world of the catalogue against the readings.
    pub(crate) fn new(readings: Vec<Sourced>, setting: Setting) -> Self {
        let mut hypotheses: Vec<Hypothesis> = catalogue::all()
            .flat_map(|cause| {
                let total: f64 = cause.worlds.iter().map(|world| world.share).sum();
                cause.worlds.iter().map(move |weighted| Hypothesis {
                    cause: Some(cause),
                    world: weighted.world,
                    log_prior: (cause.prior.weight * weighted.share / total).ln(),
                    given: Vec::new(),
                    log_likelihood: 0.0,
                })
            })
            .collect();
        hypotheses.push(Hypothesis {
            cause: None,
            world: World::HEALTHY,
            log_prior: HEALTHY_WEIGHT.ln(),
            given: Vec::new(),
            log_likelihood: 0.0,
        });
        for hypothesis in &mut hypotheses {
            hypothesis.given = readings
                .iter()
                .map(|sourced| given(&sourced.reading, hypothesis, &setting))
                .collect();
            hypothesis.log_likelihood = hypothesis.given.iter().map(|p| p.ln()).sum();
        }
        let unlisted_log = UNLISTED_WEIGHT.ln()
            + readings
                .iter()
                .map(|sourced| likelihood::unlisted(&sourced.reading).ln())
                .sum::<f64>();
        Self {
            hypotheses,
            unlisted_log,
            setting,
            readings,
        }
    }

    pub(crate) fn readings(&self) -> &[Sourced] {
        &self.readings
    }

    /// Causes that `keep` admits, most probable first; the probabilities and the unlisted rest sum to 1.
    pub(crate) fn causes(&self, keep: impl Fn(&Cause) -> bool) -> Vec<Weighed> {
        let kept = |hypothesis: &&Hypothesis| hypothesis.cause.is_some_and(&keep);
        let top = self
            .hypotheses
            .iter()
            .filter(kept)
            .map(Hypothesis::log_posterior)
            .fold(self.unlisted_log, f64::max);
        let mut weighed: Vec<Weighed> = Vec::new();
        let mut total = (self.unlisted_log - top).exp();
        for hypothesis in self.hypotheses.iter().filter(kept) {
            let Some(cause) = hypothesis.cause else {
                continue;
            };
            let weight = (hypothesis.log_posterior() - top).exp();
            total += weight;
            match weighed.last_mut() {
                Some(last) if std::ptr::eq(last.cause, cause) => last.probability += weight,
                _ => weighed.push(Weighed {
                    cause,
                    probability: weight,
                }),
            }
        }
        for entry in &mut weighed {
            entry.probability /= total;
        }
        weighed.sort_by(|a, b| {
            b.probability
                .total_cmp(&a.probability)
                .then(a.cause.id.cmp(b.cause.id))
        });
        weighed
    }

    /// Causes that the readings contradict beyond the noise that the model admits.
    pub(crate) fn contradicted(&self) -> Vec<Contradicted> {
        let best = self
            .hypotheses
            .iter()
            .map(|hypothesis| hypothesis.log_likelihood)
            .fold(f64::NEG_INFINITY, f64::max);
        let best_given = self.best_given();
        catalogue::all()
            .filter(|cause| !cause.worlds.is_empty())
            .filter_map(|cause| {
                let own = self
                    .of(cause)
                    .map(|hypothesis| hypothesis.log_likelihood)
                    .fold(f64::NEG_INFINITY, f64::max);
                let by = self.decisive_against(cause, &best_given);
                (own < best + CONTRADICTED.ln() && !by.is_empty())
                    .then_some(Contradicted { cause, by })
            })
            .collect()
    }

    /// Readings that speak for a cause: more probable in its best world than on average.
    pub(crate) fn speaking_for(&self, cause: &'static Cause) -> Vec<&Sourced> {
        let Some(best) = self
            .of(cause)
            .max_by(|a, b| a.log_posterior().total_cmp(&b.log_posterior()))
        else {
            return Vec::new();
        };
        let total: f64 = self.hypotheses.iter().map(|h| h.log_prior.exp()).sum();
        let average = |index: usize| {
            let weighted = |h: &Hypothesis| h.log_prior.exp() * h.given[index];
            self.hypotheses.iter().map(weighted).sum::<f64>() / total
        };
        self.readings
            .iter()
            .enumerate()
            .filter(|(index, sourced)| {
                let given = best.given[*index];
                // Whose reset it is nearly always turns out the same, and is worth saying all the same.
                let confirms = matches!(sourced.reading, Reading::ResetTtl(_)) && given > 0.9;
                confirms || given > average(*index) * 1.15
            })
            .map(|(_, sourced)| sourced)
            .collect()
    }

    /// The target's first answer fits the cause.
    pub(crate) fn explains_target(&self, cause: &'static Cause) -> bool {
        let target = self
            .readings
            .iter()
            .position(|sourced| matches!(sourced.reading, Reading::Target(_)));
        target.is_some_and(|index| self.of(cause).any(|h| h.given[index] > 0.02))
    }

    /// Two causes that every reading fits equally well: nothing seen from outside tells them apart.
    pub(crate) fn look_alike(&self, one: &'static Cause, other: &'static Cause) -> bool {
        let best = |cause| {
            self.of(cause)
                .map(|hypothesis| hypothesis.log_likelihood)
                .fold(f64::NEG_INFINITY, f64::max)
        };
        (best(one) - best(other)).abs() < 0.1
    }

    /// Expected information about the cause from a question, in nats.
    pub(crate) fn expected_information(&self, question: FollowUp) -> f64 {
        let kept = &self.hypotheses;
        let top = kept
            .iter()
            .map(Hypothesis::log_posterior)
            .fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<f64> = kept
            .iter()
            .map(|hypothesis| (hypothesis.log_posterior() - top).exp())
            .collect();
        let mut readings: Vec<Reading> = Vec::new();
        for (hypothesis, weight) in kept.iter().zip(&weights) {
            if *weight < 1e-4 {
                continue;
            }
            for reading in likelihood::predicted_readings(question, &hypothesis.world) {
                if !readings.contains(&reading) {
                    readings.push(reading);
                }
            }
        }
        let before = entropy_by_cause(kept, &weights);
        let mut mass = 0.0;
        let mut after = 0.0;
        for reading in &readings {
            let joint: Vec<f64> = kept
                .iter()
                .zip(&weights)
                .map(|(hypothesis, weight)| weight * given(reading, hypothesis, &self.setting))
                .collect();
            let probability: f64 = joint.iter().sum();
            mass += probability;
            after += probability * entropy_by_cause(kept, &joint);
        }
        if mass > 0.0 {
            before - after / mass
        } else {
            0.0
        }
    }

    fn of(&self, cause: &'static Cause) -> impl Iterator<Item = &Hypothesis> {
        self.hypotheses.iter().filter(move |hypothesis| {
            hypothesis
                .cause
                .is_some_and(|candidate| std::ptr::eq(candidate, cause))
        })
    }

    fn decisive_against(&self, cause: &'static Cause, best: &[f64]) -> Vec<Sourced> {
        self.readings
            .iter()
            .enumerate()
            .filter(|(index, _)| {
                let own = self.of(cause).map(|h| h.given[*index]).fold(0.0, f64::max);
                own < DECISIVE * best[*index]
            })
            .map(|(_, sourced)| sourced.clone())
            .collect()
    }

    /// For each reading, how probable it is in the world that expects it most.
    fn best_given(&self) -> Vec<f64> {
        (0..self.readings.len())
            .map(|index| {
                self.hypotheses
                    .iter()
                    .map(|h| h.given[index])
                    .fold(0.0, f64::max)
            })
            .collect()
    }
}

impl Hypothesis {
    fn log_posterior(&self) -> f64 {
        self.log_prior + self.log_likelihood
    }
}

fn given(reading: &Reading, hypothesis: &Hypothesis, setting: &Setting) -> f64 {
    likelihood::likelihood(reading, hypothesis.cause, &hypothesis.world, setting)
}

/// Entropy of the causes, not of their worlds: telling two worlds of one cause apart helps nobody.
fn entropy_by_cause(hypotheses: &[Hypothesis], weights: &[f64]) -> f64 {
    let total: f64 = weights.iter().sum();
    if total <= 0.0 {
        return 0.0;
    }
    let mut entropy = 0.0;
    let mut index = 0;
    while index < hypotheses.len() {
        let id = hypotheses[index].cause.map(|cause| cause.id);
        let mut weight = 0.0;
        while index < hypotheses.len() && hypotheses[index].cause.map(|cause| cause.id) == id {
            weight += weights[index];
            index += 1;
        }
        let share = weight / total;
        if share > 0.0 {
            entropy -= share * share.ln();
        }
    }
    entropy
}
