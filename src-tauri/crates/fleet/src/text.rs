//! Text from hosts made safe to show: control, bidirectional and invisible characters become visible. Not an escape
//! for any markup: what renders Markdown or HTML escapes for that on top.

/// The text on one line with every character that could hide, reorder or control what is shown written as `<U+XXXX>`,
/// cut after `max_chars` characters with a mark (Trojan Source, CVE-2021-42574; ECMA-48 control functions).
pub fn visible(text: &str, max_chars: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(max_chars));
    for (count, character) in text.chars().enumerate() {
        if count == max_chars {
            shown.push('…');
            break;
        }
        if character == '\t' {
            shown.push(' ');
        } else if is_hidden(character) {
            shown.push_str(&format!("<U+{:04X}>", u32::from(character)));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Would this character control, reorder or not be seen at all?
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_deceive_is_spelled_out() {
        for (text, shown) in [
            ("plain ä 東京", "plain ä 東京"),
            ("\u{1b}[31mred", "<U+001B>[31mred"),
            ("a\u{202e}b", "a<U+202E>b"),
            ("zero\u{200b}width", "zero<U+200B>width"),
            ("two\nlines\tand a tab", "two<U+000A>lines and a tab"),
            ("tag\u{e0041}", "tag<U+E0041>"),
        ] {
            assert_eq!(visible(text, 100), shown);
        }
        assert_eq!(visible("abcdef", 3), "abc…");
    }
}
