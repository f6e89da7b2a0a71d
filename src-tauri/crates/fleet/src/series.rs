//! A series of stored telemetry, and the straight line through it. Storing and selecting is the store's.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The points of one metric of one agent (or of this program) over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// The metric's name.
    pub name: String,
    /// Of which agent; `None`: of this program, as `gate_wait`.
    pub agent_id: Option<String>,
    /// Of which part of the host, as `mountpoint: /var`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// Unit in UCUM spelling.
    pub unit: String,
    /// Time (microseconds since 1970, UTC) and value, in the order of time.
    pub points: Vec<(i64, f64)>,
}

/// A straight line fitted to a series by least squares.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// Change of the value in an hour.
    pub slope_per_hour: f64,
    /// The line's value at the last point.
    pub level: f64,
    /// The share of the variance that the line explains, 0 to 1; a low one says that there is no line.
    pub fit: f64,
    /// Over how many hours.
    pub span_hours: f64,
}

const US_PER_HOUR: f64 = 3_600_000_000.0;

impl Series {
    /// The newest point.
    pub fn latest(&self) -> Option<(i64, f64)> {
        self.points.last().copied()
    }

    /// The line through the points; `None` with fewer than three points, or when all are of the same time.
    pub fn trend(&self) -> Option<Trend> {
        let (first, _) = *self.points.first()?;
        let (last, _) = *self.points.last()?;
        if self.points.len() < 3 || last <= first {
            return None;
        }
        let count = self.points.len() as f64;
        let hours = |at_us: i64| at_us.saturating_sub(first) as f64 / US_PER_HOUR;
        let mean_x = self.points.iter().map(|(at, _)| hours(*at)).sum::<f64>() / count;
        let mean_y = self.points.iter().map(|(_, value)| value).sum::<f64>() / count;
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for (at, value) in &self.points {
            let (x, y) = (hours(*at) - mean_x, value - mean_y);
            xx += x * x;
            xy += x * y;
            yy += y * y;
        }
        if xx <= 0.0 {
            return None;
        }
        let slope = xy / xx;
        let trend = Trend {
            slope_per_hour: slope,
            level: mean_y + slope * (hours(last) - mean_x),
            fit: if yy > 0.0 {
                (slope * xy / yy).clamp(0.0, 1.0)
            } else {
                1.0
            },
            span_hours: hours(last),
        };
        trend.slope_per_hour.is_finite().then_some(trend)
    }
}

impl Trend {
    /// In how many hours the line reaches `full`; `None` when it does not rise towards it.
    pub fn hours_to(&self, full: f64) -> Option<f64> {
        if self.slope_per_hour <= 0.0 || self.level >= full {
            return None;
        }
        Some((full - self.level) / self.slope_per_hour)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: &[f64]) -> Series {
        let points = values
            .iter()
            .enumerate()
            .map(|(i, v)| (i as i64 * 3_600_000_000, *v))
            .collect();
        Series {
            name: "x".into(),
            agent_id: None,
            attributes: BTreeMap::new(),
            unit: "1".into(),
            points,
        }
    }

    #[test]
    fn a_line_is_found_and_extended() {
        let trend = series(&[0.5, 0.6, 0.7, 0.8]).trend().unwrap();
        assert!((trend.slope_per_hour - 0.1).abs() < 1e-9 && (trend.fit - 1.0).abs() < 1e-9);
        assert!((trend.hours_to(1.0).unwrap() - 2.0).abs() < 1e-9);
    }

    #[test]
    fn no_line_no_promise() {
        assert_eq!(series(&[0.5, 0.6]).trend(), None);
        assert_eq!(
            series(&[0.8, 0.7, 0.6]).trend().unwrap().hours_to(1.0),
            None
        );
        assert!(series(&[0.1, 0.9, 0.1, 0.9, 0.1]).trend().unwrap().fit < 0.1);
        assert_eq!(
            series(&[0.4, 0.4, 0.4]).trend().unwrap().slope_per_hour,
            0.0
        );
    }
}
