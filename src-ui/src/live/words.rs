//! Times in words: how long, since when, until when. Pure: now and the time zone come in as arguments.

const SECOND_US: i64 = 1_000_000;
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How long something took: `0.4 s`, `48 s`, `2 min 11 s`, `1 h 59 min`, `3 d 4 h`.
pub fn took(us: i64) -> String {
    let us = us.max(0);
    if us < SECOND_US / 10 {
        return "under 0.1 s".to_owned();
    }
    if us < 10 * SECOND_US {
        let tenths = us / (SECOND_US / 10);
        return format!("{}.{} s", tenths / 10, tenths % 10);
    }
    whole(us / SECOND_US)
}

/// A time that is counting, in whole seconds, so that it does not flicker.
pub fn counting(us: i64) -> String {
    whole(us.max(0) / SECOND_US)
}

fn whole(seconds: i64) -> String {
    let two = |large: i64, large_unit: &str, small: i64, small_unit: &str| match small {
        0 => format!("{large} {large_unit}"),
        small => format!("{large} {large_unit} {small} {small_unit}"),
    };
    match seconds {
        ..MINUTE => format!("{seconds} s"),
        MINUTE..HOUR => two(seconds / MINUTE, "min", seconds % MINUTE, "s"),
        HOUR..DAY => two(seconds / HOUR, "h", seconds % HOUR / MINUTE, "min"),
        DAY.. => two(seconds / DAY, "d", seconds % DAY / HOUR, "h"),
    }
}

/// What a gate says about time: `Waiting 48 s · rejects itself in 1 h 59 min`.
pub fn gate_words(opened_at_us: i64, expires_at_us: Option<i64>, now_us: i64) -> String {
    let waiting = format!("Waiting {}", counting(now_us - opened_at_us));
    match expires_at_us {
        None => waiting,
        Some(expires) if expires <= now_us => format!("{waiting} · its time is over"),
        Some(expires) => format!(
            "{waiting} · rejects itself in {}",
            counting(expires - now_us)
        ),
    }
}

/// How long a call must say nothing before that is said.
const SILENCE: i64 = 10 * SECOND_US;

/// That a call under way says nothing: `last output 12 s ago`, or `no output for 12 s` where nobody has heard it yet.
/// `heard_us`: when its last line came; `since_us`: since when somebody listens.
pub fn silence(heard_us: Option<i64>, since_us: i64, now_us: i64) -> Option<String> {
    let silent = now_us - heard_us.unwrap_or(since_us);
    (silent >= SILENCE).then(|| match heard_us {
        Some(_) => format!("last output {} ago", counting(silent)),
        None => format!("no output for {}", counting(silent)),
    })
}

/// How long ago: `just now`, `5 min ago`, `3 h ago`, `2 d ago`.
pub fn ago(at_us: i64, now_us: i64) -> String {
    let seconds = (now_us - at_us) / SECOND_US;
    match seconds {
        ..MINUTE => "just now".to_owned(),
        MINUTE..HOUR => format!("{} min ago", seconds / MINUTE),
        HOUR..DAY => format!("{} h ago", seconds / HOUR),
        DAY.. => format!("{} d ago", seconds / DAY),
    }
}

/// A point in time as a person at this computer reads it: `06:12:04` on the same day, else `21 Nov, 06:12`,
/// with the year where it differs. `offset_min`: minutes east of UTC.
pub fn point(at_us: i64, now_us: i64, offset_min: i64) -> String {
    let at = Civil::of(at_us, offset_min);
    let now = Civil::of(now_us, offset_min);
    if at.date == now.date {
        return format!("{:02}:{:02}:{:02}", at.hour, at.minute, at.second);
    }
    let (year, month, day) = at.date;
    let month = MONTHS
        .get(month.saturating_sub(1))
        .copied()
        .unwrap_or_default();
    let year = if year == now.date.0 {
        String::new()
    } else {
        format!(" {year}")
    };
    format!("{day} {month}{year}, {:02}:{:02}", at.hour, at.minute)
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

struct Civil {
    date: (i64, usize, i64),
    hour: i64,
    minute: i64,
    second: i64,
}

impl Civil {
    /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
    fn of(at_us: i64, offset_min: i64) -> Self {
        let seconds = at_us.div_euclid(SECOND_US) + offset_min * MINUTE;
        let (days, rest) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self {
            date: (year, usize::try_from(month).unwrap_or(1), day),
            hour: rest / HOUR,
            minute: rest % HOUR / MINUTE,
            second: rest % MINUTE,
        }
    }
}

/// A size: `512 B`, `4.0 kB`, `1.2 MB`.
pub fn size(bytes: u64) -> String {
    // Two digits are shown: the precision of f64 is enough.
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let bytes_f = bytes as f64;
    match bytes {
        ..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes_f / 1e3),
        1_000_000.. => format!("{:.1} MB", bytes_f / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = SECOND_US;

    #[test]
    fn durations_use_two_units_at_most() {
        assert_eq!(took(0), "under 0.1 s");
        assert_eq!(took(-5), "under 0.1 s");
        assert_eq!(took(100_000), "0.1 s");
        assert_eq!(took(6_249_000), "6.2 s");
        assert_eq!(took(48 * S), "48 s");
        assert_eq!(took(131 * S), "2 min 11 s");
        assert_eq!(took(120 * S), "2 min");
        assert_eq!(took((7_199) * S), "1 h 59 min");
        assert_eq!(took(100 * HOUR * S), "4 d 4 h");
        assert_eq!(counting(4_900_000), "4 s");
    }

    #[test]
    fn a_gate_says_how_long_and_what_then() {
        assert_eq!(gate_words(0, None, 48 * S), "Waiting 48 s");
        assert_eq!(
            gate_words(0, Some(7_200 * S), 48 * S),
            "Waiting 48 s · rejects itself in 1 h 59 min"
        );
        assert_eq!(
            gate_words(0, Some(40 * S), 48 * S),
            "Waiting 48 s · its time is over"
        );
        // The clock of the engine may be a moment ahead.
        assert_eq!(gate_words(S, None, 0), "Waiting 0 s");
    }

    #[test]
    fn a_call_that_says_nothing_is_remarked_on_after_ten_seconds() {
        let check = |heard: Option<i64>, now: i64, said: Option<&str>| {
            let heard = heard.map(|heard| heard * S);
            assert_eq!(silence(heard, 0, now * S).as_deref(), said);
        };
        check(None, 9, None);
        check(None, 10, Some("no output for 10 s"));
        check(Some(5), 14, None);
        check(Some(5), 17, Some("last output 12 s ago"));
        check(Some(5), 136, Some("last output 2 min 11 s ago"));
        // The clock was set back meanwhile.
        check(Some(5), 0, None);
    }

    #[test]
    fn points_in_time_follow_the_zone() {
        // 2026-11-22 09:41:15 UTC
        let at = 1_795_340_475 * S;
        assert_eq!(point(at, at + S, 0), "09:41:15");
        assert_eq!(point(at, at + S, 60), "10:41:15");
        assert_eq!(point(at, at + 20 * HOUR * S, 0), "22 Nov, 09:41");
        assert_eq!(point(at, at + 90 * DAY * S, 0), "22 Nov 2026, 09:41");
        assert_eq!(point(951_782_400 * S, at, 0), "29 Feb 2000, 00:00");
        assert_eq!(ago(at, at + 3 * HOUR * S), "3 h ago");
        assert_eq!(ago(at + S, at), "just now");
    }

    #[test]
    fn sizes_are_read_at_a_glance() {
        assert_eq!(size(512), "512 B");
        assert_eq!(size(4_096), "4.1 kB");
        assert_eq!(size(1_234_567), "1.2 MB");
    }
}
