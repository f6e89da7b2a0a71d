//! Just enough of MiniJinja's lexis to find misspelt filters and tests and to see whether an expression minds a
//! missing value. Parsing and evaluating is `workflow`'s.

use crate::suggest;

/// The filters of MiniJinja 3 with the features of the workspace.
pub(crate) const FILTERS: [&str; 47] = [
    "abs",
    "attr",
    "batch",
    "bool",
    "chain",
    "count",
    "d",
    "default",
    "dictsort",
    "e",
    "escape",
    "first",
    "flatten",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "pprint",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
];
/// Its tests.
pub(crate) const TESTS: [&str; 36] = [
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "equalto",
    "escaped",
    "even",
    "false",
    "filter",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "int",
    "integer",
    "iterable",
    "le",
    "lessthan",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "safe",
    "sameas",
    "sequence",
    "startingwith",
    "string",
    "test",
    "true",
    "undefined",
    "upper",
];

/// A word, or any other sign, of an expression. Strings and blanks are left out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Sign(char),
}

fn tokens(expression: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        let mut length = first.len_utf8();
        if first == '"' || first == '\'' {
            length = string_length(rest, first);
        } else if first.is_alphanumeric() || first == '_' {
            length = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            tokens.push(Token::Word(&rest[..length]));
        } else if !first.is_whitespace() {
            tokens.push(Token::Sign(first));
        }
        rest = &rest[length..];
    }
    tokens
}

/// The length of a string literal with its quotes, escapes minded.
fn string_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (offset, c) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            return offset + 1;
        }
    }
    text.len()
}

/// Is the scalar exactly one `${{ }}`, so that its value keeps its type? One that does not parse counts as one:
/// it is reported where it stands.
pub(crate) fn is_alone(scalar: &str) -> bool {
    let found = workflow::template_expressions(scalar);
    let inside = scalar
        .strip_prefix("${{")
        .and_then(|rest| rest.strip_suffix("}}"))
        .map(str::trim);
    match found.as_slice() {
        [one] => one.names.is_err() || inside == Some(one.source.as_str()),
        several => several.iter().any(|one| one.names.is_err()),
    }
}

/// What is wrong with the filters and tests of an expression: what and hint.
pub(crate) fn faults(expression: &str) -> Vec<(String, String)> {
    let tokens = tokens(expression);
    let mut faults = Vec::new();
    let mut before: Option<Token<'_>> = None;
    for pair in tokens.windows(2) {
        let (sign, Token::Word(word)) = (pair[0], pair[1]) else {
            before = Some(pair[0]);
            continue;
        };
        let is_test = sign == Token::Word("is") && word != "not"
            || sign == Token::Word("not") && before == Some(Token::Word("is"));
        if sign == Token::Sign('|') && !FILTERS.contains(&word) {
            faults.push((
                format!("there is no filter `{word}`"),
                suggest::hint(word, FILTERS),
            ));
        } else if is_test && before != Some(Token::Sign('.')) && !TESTS.contains(&word) {
            faults.push((
                format!("there is no test `is {word}`"),
                suggest::hint(word, TESTS),
            ));
        }
        before = Some(sign);
    }
    faults
}

/// Does the expression say what holds when a value is missing: `or`, `default`, `is none`, `is defined`?
pub(crate) fn minds_missing(expression: &str) -> bool {
    let tokens = tokens(expression);
    let named = |word: &str| matches!(word, "or" | "default" | "none" | "defined" | "undefined");
    tokens
        .iter()
        .any(|token| matches!(token, Token::Word(word) if named(word)))
        || tokens
            .windows(2)
            .any(|pair| pair == [Token::Sign('|'), Token::Word("d")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_and_tests_are_those_of_minijinja_and_one_of_ours() {
        let environment = minijinja::Environment::new();
        let kind = |source: String| {
            environment
                .compile_expression(&source)
                .and_then(|e| e.eval(()))
                .err()
                .map(|e| e.kind())
        };
        // Added by the core; its meaning is tested there.
        const OURS: &str = "flatten";
        assert!(FILTERS.contains(&OURS));
        for filter in FILTERS.into_iter().filter(|filter| *filter != OURS) {
            assert_ne!(
                kind(format!("1|{filter}")),
                Some(minijinja::ErrorKind::UnknownFilter),
                "{filter}"
            );
        }
        for test in TESTS {
            assert_ne!(
                kind(format!("1 is {test}")),
                Some(minijinja::ErrorKind::UnknownTest),
                "{test}"
            );
        }
        assert_eq!(
            kind("1|lenght".to_owned()),
            Some(minijinja::ErrorKind::UnknownFilter)
        );
    }

    #[test]
    fn misspelt_filters_and_tests_are_found() {
        for (expression, expected) in [
            ("inputs.a | length > 0", ""),
            ("inputs.a|lenght", "there is no filter `lenght`"),
            ("'a | b' ~ inputs.a", ""),
            ("'it\\'s | x'", ""),
            ("inputs.a is not nome", "there is no test `is nome`"),
            ("inputs.a is defned", "there is no test `is defned`"),
            ("inputs.is.a and inputs.a is none", ""),
            ("not inputs.a", ""),
        ] {
            let found: Vec<String> = faults(expression)
                .into_iter()
                .map(|(what, _)| what)
                .collect();
            assert_eq!(found.join("; "), expected, "{expression}");
        }
    }

    #[test]
    fn a_guard_is_a_word_not_a_string() {
        for (expression, expected) in [
            ("inputs.a or steps.x.output.y", true),
            ("steps.x.output.y | default(1)", true),
            ("steps.x.output.y|d(1)", true),
            ("steps.x.output is none", true),
            ("'or' ~ steps.x.output.y", false),
            ("steps.x.output.d", false),
            ("steps.order.output.y", false),
        ] {
            assert_eq!(minds_missing(expression), expected, "{expression}");
        }
    }
}
