//! A row of a likelihood table: how probable each reading is in one world.

/// Probabilities of the readings that a world speaks of; every other reading has the floor.
///
/// The floor is the noise the model admits: it decides how strongly a single observation can speak against a world.
#[derive(Debug, Clone)]
pub(crate) struct Row<R> {
    predicted: Vec<(R, f64)>,
    floor: f64,
}

impl<R: PartialEq + Copy> Row<R> {
    pub(crate) fn new(predicted: &[(R, f64)]) -> Self {
        Self {
            predicted: predicted.to_vec(),
            floor: 1e-5,
        }
    }

    pub(crate) fn floor(self, floor: f64) -> Self {
        Self { floor, ..self }
    }

    pub(crate) fn probability(&self, reading: R) -> f64 {
        let mut predicted = self
            .predicted
            .iter()
            .filter(|(candidate, _)| *candidate == reading)
            .map(|(_, probability)| *probability)
            .peekable();
        if predicted.peek().is_none() {
            return self.floor;
        }
        predicted.sum()
    }

    pub(crate) fn readings(&self) -> impl Iterator<Item = R> + '_ {
        self.predicted.iter().map(|(reading, _)| *reading)
    }
}
