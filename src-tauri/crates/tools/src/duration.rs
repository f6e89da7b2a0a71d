//! Durations in arguments: `250ms`, `30s`, `5m`, `24h`, `7d`; one unit, as in workflow files.

use crate::fault::fault;
use workflow::{ErrorClass, ToolError};

/// The pattern for schemas.
pub(crate) const PATTERN: &str = "^[0-9]{1,12}(ms|s|m|h|d)$";

/// The longest duration: ten years.
const LONGEST_MS: u64 = 3653 * 86_400_000;

/// The duration in milliseconds.
pub(crate) fn milliseconds(text: &str) -> Result<u64, ToolError> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => 0,
    };
    let value = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(factor));
    value
        .filter(|value| factor > 0 && *value <= LONGEST_MS)
        .ok_or_else(|| {
            fault(
                "invalid_duration",
                format!("{:?} is not a duration.", fleet::visible(text, 40)),
                "Write a number with ms, s, m, h or d, as 30m or 24h; at most ten years.",
            )
            .not_started(ErrorClass::Invalid)
        })
}

/// A duration for people: the two greatest units.
pub(crate) fn say(ms: u64) -> String {
    let units = [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
    ];
    let Some(first) = units.iter().position(|(_, size)| ms >= *size) else {
        return format!("{ms} ms");
    };
    let (name, size) = units[first];
    let rest = units
        .get(first + 1)
        .map(|(name, smaller)| (name, ms % size / smaller));
    match rest {
        Some((smaller, count)) if count > 0 => format!("{} {name} {count} {smaller}", ms / size),
        Some(_) | None => format!("{} {name}", ms / size),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_said() {
        for (text, ms) in [
            ("250ms", 250),
            ("30s", 30_000),
            ("5m", 300_000),
            ("24h", 86_400_000),
            ("7d", 604_800_000),
        ] {
            assert_eq!(milliseconds(text).unwrap(), ms);
        }
        for text in [
            "",
            "5",
            "h",
            "-1h",
            "1.5h",
            "1h30m",
            "99999999999d",
            "5 m",
            "५m",
        ] {
            assert_eq!(
                milliseconds(text).unwrap_err().code,
                "invalid_duration",
                "{text}"
            );
        }
        for (ms, said) in [
            (5, "5 ms"),
            (61_000, "1 m 1 s"),
            (7_200_000, "2 h"),
            (90_000_000, "1 d 1 h"),
        ] {
            assert_eq!(say(ms), said);
        }
    }
}
