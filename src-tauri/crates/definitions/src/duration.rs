//! Durations in files: `250ms`, `30s`, `5m`, `2h`, `1d`. One unit, no fractions, no sums.

const UNITS: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

/// The longest duration: a year, so that no deadline overflows.
const LONGEST_MS: u64 = 366 * 86_400_000;

/// The duration in milliseconds, or what is wrong with the text.
pub(crate) fn milliseconds(text: &str) -> Result<u64, &'static str> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let Some((_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err("it is written as a number with ms, s, m, h or d");
    };
    let number: u64 = number
        .parse()
        .map_err(|_| "it is written as a number with ms, s, m, h or d")?;
    number
        .checked_mul(*factor)
        .filter(|value| *value <= LONGEST_MS)
        .ok_or("it is longer than 366 days")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_one_unit() {
        for (text, expected) in [
            ("250ms", Ok(250)),
            ("30s", Ok(30_000)),
            ("5m", Ok(300_000)),
            ("2h", Ok(7_200_000)),
            ("1d", Ok(86_400_000)),
            ("0s", Ok(0)),
            ("30", Err("it is written as a number with ms, s, m, h or d")),
            ("s", Err("it is written as a number with ms, s, m, h or d")),
            (
                "1h30m",
                Err("it is written as a number with ms, s, m, h or d"),
            ),
            (
                "1.5h",
                Err("it is written as a number with ms, s, m, h or d"),
            ),
            (
                "-1s",
                Err("it is written as a number with ms, s, m, h or d"),
            ),
            ("400d", Err("it is longer than 366 days")),
            (
                "99999999999999999999d",
                Err("it is written as a number with ms, s, m, h or d"),
            ),
            ("999999999999999999d", Err("it is longer than 366 days")),
        ] {
            assert_eq!(milliseconds(text), expected, "{text}");
        }
    }
}
