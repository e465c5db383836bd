//! Medians and spreads. A mean would be distorted by other work on the machine.

use std::time::Duration;

/// Value below which this share of all values is.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a short list")]
    let place = (last as f64 * share).round() as usize;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}

pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// `1.24 (1.18 to 1.31)`: the median and the middle half.
pub fn spread(values: &[f64]) -> String {
    format!("{:.2} ({:.2} to {:.2})", median(values), quantile(values, 0.25), quantile(values, 0.75))
}

pub fn milliseconds(durations: &[Duration]) -> Vec<f64> {
    durations.iter().map(|duration| duration.as_secs_f64() * 1000.0).collect()
}
