//! Chance that can be repeated: a generator with a seed, gaps between arrivals, and draws by weight.
//!
//! SplitMix64 (Steele, Lea, Flood, 2014) for numbers, Vose's alias method (1991) for draws in constant time.

/// A stream of numbers that a seed decides.
#[derive(Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    /// Another stream for each pair of a seed and a number.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut chance = Self(seed ^ stream.wrapping_mul(0xd134_2543_de82_ef95));
        chance.0 = chance.bits();
        chance
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// At least 0, less than 1.
    pub(crate) fn part(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The time until the next of arrivals that come with no memory (Poisson), at `rate` in the unit of time.
    pub(crate) fn gap(&mut self, rate: f64) -> f64 {
        -(1.0 - self.part()).ln() / rate
    }
}

/// Weights 1, 1/2^s, 1/3^s, … of `count` things that sum to one: Zipf's law.
pub(crate) fn zipf(count: usize, exponent: f64) -> Vec<f64> {
    let weights: Vec<f64> = (1..=count).map(|rank| (rank as f64).powf(-exponent)).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

/// Draws an index with a chance proportional to its weight.
pub(crate) struct Draw {
    columns: Vec<(f64, u32)>,
}

impl Draw {
    pub(crate) fn new(weights: &[f64]) -> Self {
        let sum: f64 = weights.iter().sum();
        let mut heights: Vec<f64> = weights.iter().map(|weight| weight * weights.len() as f64 / sum).collect();
        let mut columns: Vec<(f64, u32)> = (0..weights.len() as u32).map(|index| (1.0, index)).collect();
        let (mut low, mut high): (Vec<usize>, Vec<usize>) = (0..weights.len()).partition(|index| heights[*index] < 1.0);
        while let (Some(small), Some(large)) = (low.pop(), high.last().copied()) {
            columns[small] = (heights[small], large as u32);
            heights[large] -= 1.0 - heights[small];
            if heights[large] < 1.0 {
                high.pop();
                low.push(large);
            }
        }
        Self { columns }
    }

    pub(crate) fn pick(&self, chance: &mut Chance) -> usize {
        let place = chance.part() * self.columns.len() as f64;
        let column = place as usize;
        let (height, other) = self.columns[column];
        if place.fract() < height { column } else { other as usize }
    }
}

/// The smallest of weighted values that at least `part` of the weight does not exceed; 0 where there are none.
pub(crate) fn percentile(values: &mut [(f64, f64)], part: f64) -> f64 {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let sum: f64 = values.iter().map(|(_, weight)| weight).sum();
    let mut passed = 0.0;
    for (value, weight) in values.iter() {
        passed += weight;
        if passed >= part * sum * (1.0 - 1e-12) {
            return *value;
        }
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_another_does_not() {
        let numbers = |seed, stream| {
            let mut chance = Chance::new(seed, stream);
            (0..4).map(|_| chance.part()).collect::<Vec<_>>()
        };
        assert_eq!(numbers(1, 1), numbers(1, 1));
        assert_ne!(numbers(1, 1), numbers(1, 2));
        assert_ne!(numbers(1, 1), numbers(2, 1));
    }

    #[test]
    fn gaps_have_the_mean_and_the_variance_of_arrivals_without_memory() {
        let mut chance = Chance::new(7, 0);
        let gaps: Vec<f64> = (0..200_000).map(|_| chance.gap(4.0)).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        assert!((mean - 0.25).abs() < 0.003, "{mean}");
        assert!((variance - 0.0625).abs() < 0.002, "{variance}");
    }

    #[test]
    fn things_are_drawn_as_often_as_they_weigh() {
        let weights = zipf(50, 1.0);
        let draw = Draw::new(&weights);
        let mut chance = Chance::new(3, 0);
        let mut counts = vec![0.0; 50];
        for _ in 0..500_000 {
            counts[draw.pick(&mut chance)] += 1.0;
        }
        for (index, weight) in weights.iter().enumerate() {
            let expected = weight * 500_000.0;
            let count: f64 = counts[index];
            assert!((count - expected).abs() < 5.0 * expected.sqrt(), "{index}: {count} instead of {expected}");
        }
    }

    #[test]
    fn zipf_is_one_half_a_third_of_the_first() {
        let weights = zipf(3, 1.0);
        assert!((weights[0] / weights[1] - 2.0).abs() < 1e-12 && (weights[0] / weights[2] - 3.0).abs() < 1e-12);
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_percentile_counts_weight_and_not_values() {
        let mut values = vec![(9.0, 1.0), (1.0, 98.0), (5.0, 1.0)];
        assert_eq!(percentile(&mut values, 0.5), 1.0);
        assert_eq!(percentile(&mut values, 0.99), 5.0);
        assert_eq!(percentile(&mut values, 1.0), 9.0);
        assert_eq!(percentile(&mut [], 0.5), 0.0);
    }
}
