//! Small phrases that several places show alike: times, durations, why a step was skipped.

use workflow::{EffectClass, SkipReason};

/// A length of time as a person says it; never more precise than useful.
pub(crate) fn elapsed(us: i64) -> String {
    let us = us.max(0);
    let seconds = us / 1_000_000;
    match seconds {
        0..10 => format!("{}.{} s", seconds, us % 1_000_000 / 100_000),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

/// The same from milliseconds.
pub(crate) fn elapsed_ms(ms: u64) -> String {
    elapsed(
        i64::try_from(ms)
            .unwrap_or(i64::MAX / 1000)
            .saturating_mul(1000),
    )
}

/// A moment in local time.
pub(crate) fn moment(at_us: i64) -> String {
    match jiff::Timestamp::from_microsecond(at_us) {
        Ok(at) => at
            .to_zoned(jiff::tz::TimeZone::system())
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string(),
        Err(_) => format!("{at_us} µs after 1970"),
    }
}

/// `1 call`, `3 calls`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        more => format!("{more} {noun}s"),
    }
}

/// Why a step did not run.
pub(crate) fn skipped(why: &SkipReason) -> String {
    match why {
        SkipReason::When { condition } => format!("not needed: {condition} is false"),
        SkipReason::Empty => "nothing to do".to_owned(),
        SkipReason::Skipped => "left out".to_owned(),
        SkipReason::Dropped => "dropped".to_owned(),
        SkipReason::Rejected { reason } if reason.is_empty() => "rejected".to_owned(),
        SkipReason::Rejected { reason } => format!("rejected: {reason}"),
        SkipReason::Expired => "nobody answered in time".to_owned(),
        SkipReason::Stopped { why } => format!("not run: {}", why.sentence().to_lowercase()),
        SkipReason::AlreadyBack => "nothing to undo".to_owned(),
        SkipReason::NotPossible { why } => format!("cannot be undone: {why}"),
        SkipReason::Left { reason } => format!("left as it is: {reason}"),
    }
}

/// What an approval class means, for a card.
pub(crate) fn effect(class: EffectClass) -> &'static str {
    match class {
        EffectClass::Read => "read: changes nothing",
        EffectClass::Credential => "credential: changes nothing, spends a secret",
        EffectClass::Write => "write: changes something",
        EffectClass::Destructive => "destructive: what it changes cannot simply be undone",
        EffectClass::External => "external: reaches somebody outside",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_read_like_a_clock() {
        for (us, text) in [
            (-5, "0.0 s"),
            (240_000, "0.2 s"),
            (59_900_000, "59 s"),
            (187_000_000, "3 min 07 s"),
            (7_140_000_000, "1 h 59 min"),
            (180_000_000_000, "2 d 2 h"),
        ] {
            assert_eq!(elapsed(us), text);
        }
    }
}
