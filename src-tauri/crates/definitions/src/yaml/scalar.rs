//! The YAML 1.2 core schema: what a plain scalar is (YAML 1.2.2, 10.3.2). `yes`, `on` and `0777` are not special.

use super::Value;
use serde_json::Number;

/// The value of a plain scalar, or why it has none in JSON.
pub(super) fn core_schema(text: &str) -> Result<Value, String> {
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => match number(text) {
            Some(number) => Value::Number(number?),
            None => Value::Text(text.to_owned()),
        },
    })
}

/// `None`: not a number, so text.
fn number(text: &str) -> Option<Result<Number, String>> {
    if let Some(digits) = text.strip_prefix("0o") {
        return integer(digits, 8, |digit| digit.is_digit(8), text);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return integer(digits, 16, |digit| digit.is_ascii_hexdigit(), text);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    match unsigned {
        ".inf" | ".Inf" | ".INF" => {
            return Some(Err(format!("`{text}` is not a number that JSON knows")));
        }
        ".nan" | ".NaN" | ".NAN" if unsigned == text => {
            return Some(Err(format!("`{text}` is not a number that JSON knows")));
        }
        _ => {}
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        let plain = text.strip_prefix('+').unwrap_or(text);
        let value = plain
            .parse::<i64>()
            .map(Number::from)
            .or_else(|_| plain.parse::<u64>().map(Number::from));
        return Some(value.map_err(|_| format!("the number `{text}` is too big")));
    }
    if !is_float(unsigned) {
        return None;
    }
    let value = text.parse::<f64>().ok().and_then(Number::from_f64);
    Some(value.ok_or_else(|| format!("the number `{text}` is too big")))
}

fn integer(
    digits: &str,
    radix: u32,
    is_digit: fn(&char) -> bool,
    text: &str,
) -> Option<Result<Number, String>> {
    if digits.is_empty() || !digits.chars().all(|digit| is_digit(&digit)) {
        return None;
    }
    Some(
        u64::from_str_radix(digits, radix)
            .map(Number::from)
            .map_err(|_| format!("the number `{text}` is too big")),
    )
}

/// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_float(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let mantissa = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    mantissa
        && exponent
            .is_none_or(|exponent| digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_follow_the_core_schema() {
        let json = |text: &str| match core_schema(text) {
            Ok(Value::Null) => "null".to_owned(),
            Ok(Value::Bool(value)) => value.to_string(),
            Ok(Value::Number(value)) => value.to_string(),
            Ok(Value::Text(text)) => format!("{text:?}"),
            Ok(Value::List(_) | Value::Map(_)) => "not a scalar".to_owned(),
            Err(fault) => fault,
        };
        for (text, expected) in [
            ("", "null"),
            ("~", "null"),
            ("True", "true"),
            ("yes", "\"yes\""),
            ("on", "\"on\""),
            ("-7", "-7"),
            ("+7", "7"),
            ("010", "10"),
            ("0o17", "15"),
            ("0x1F", "31"),
            ("0o9", "\"0o9\""),
            ("18446744073709551615", "18446744073709551615"),
            (
                "18446744073709551616",
                "the number `18446744073709551616` is too big",
            ),
            ("1.5", "1.5"),
            (".5", "0.5"),
            ("2.", "2.0"),
            ("1e3", "1000.0"),
            ("1e999", "the number `1e999` is too big"),
            ("1.0.0", "\"1.0.0\""),
            ("1_000", "\"1_000\""),
            (".inf", "`.inf` is not a number that JSON knows"),
            ("-", "\"-\""),
            (".", "\".\""),
            ("e5", "\"e5\""),
        ] {
            assert_eq!(json(text), expected, "{text}");
        }
    }
}
