//! A measured value under its OpenTelemetry name (semantic conventions, `system.*`) with its USE class (Gregg). Names
//! that OpenTelemetry does not have (pressure, load per core, units) stand beside them in the same manner.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One measured value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// What is measured, as `system.filesystem.utilization`.
    pub metric: String,
    /// Of which part of the host, as `mountpoint: /var`; empty: of the host.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// The value.
    pub value: f64,
    /// Its unit in UCUM spelling: `1` for a ratio, `By`, `s`, `{process}`.
    pub unit: String,
    /// What it says of the resource.
    pub class: UseClass,
}

/// The three questions of the USE method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UseClass {
    /// How busy or full.
    Utilization,
    /// How much work waits.
    Saturation,
    /// How much went wrong.
    Errors,
}

impl Measure {
    /// A measure of the whole host.
    pub fn new(metric: &str, value: f64, unit: &str, class: UseClass) -> Measure {
        Measure {
            metric: metric.to_owned(),
            attributes: BTreeMap::new(),
            value,
            unit: unit.to_owned(),
            class,
        }
    }

    /// The same of one part of the host.
    #[must_use]
    pub fn of(mut self, attribute: &str, value: &str) -> Measure {
        self.attributes
            .insert(attribute.to_owned(), value.to_owned());
        self
    }

    /// An attribute's value.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// The value for people, with its unit.
    pub fn says(&self) -> String {
        say(self.value, &self.unit)
    }
}

/// A value with its unit for people: ratios in percent, bytes in binary multiples.
pub fn say(value: f64, unit: &str) -> String {
    match unit {
        "1" => format!("{} %", trim(value * 100.0)),
        "By" => say_bytes(value),
        "s" if value.abs() < 1.0 => format!("{} ms", trim(value * 1000.0)),
        "s" => format!("{} s", trim(value)),
        _ => {
            let unit = unit.trim_matches(|c| c == '{' || c == '}');
            if unit.is_empty() {
                trim(value)
            } else {
                format!("{} {unit}", trim(value))
            }
        }
    }
}

fn say_bytes(value: f64) -> String {
    let mut value = value;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value.abs() < 1024.0 {
            return format!("{} {unit}", trim(value));
        }
        value /= 1024.0;
    }
    format!("{} TiB", trim(value))
}

/// At most one digit after the point; two below 10 where it matters.
fn trim(value: f64) -> String {
    let text = if value.abs() < 10.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.1}")
    };
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_said_with_their_units() {
        for (value, unit, said) in [
            (0.971, "1", "97.1 %"),
            (1.0, "1", "100 %"),
            (0.0, "1", "0 %"),
            (1536.0, "By", "1.5 KiB"),
            (75_220_504_576.0, "By", "70.1 GiB"),
            (0.012, "s", "12 ms"),
            (3.0, "{process}", "3 process"),
            (1.25, "{load}", "1.25 load"),
        ] {
            assert_eq!(say(value, unit), said);
        }
    }
}
