//! Text of others (hosts, models, files, inputs) on its way to a terminal. Characters that move the cursor, reorder
//! text or take no room are spelled out, so that what is shown is what is hashed (approvals.md, I5).

use serde_json::Value as Json;

/// Can this character make a line look like something that it is not?
pub(crate) fn deceives(character: char) -> bool {
    character.is_control()
        || matches!(character,
            // Reordering: marks, embeddings, overrides, isolates (Unicode Standard Annex 9).
            '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
            // Taking no room, or looking like none is taken.
            | '\u{00AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
            | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}'
            // Line and paragraph separators.
            | '\u{2028}' | '\u{2029}')
}

/// How such a character is spelled out.
pub(crate) fn spelled(character: char) -> String {
    match character {
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        other => format!("\\u{{{:x}}}", u32::from(other)),
    }
}

/// The text in pieces: as it is, and spelled out (`true`).
pub(crate) fn pieces(text: &str) -> Vec<(bool, String)> {
    let mut pieces: Vec<(bool, String)> = Vec::new();
    for character in text.chars() {
        let spells = deceives(character);
        let piece = if spells {
            spelled(character)
        } else {
            character.to_string()
        };
        match pieces.last_mut() {
            Some((before, joined)) if *before == spells => joined.push_str(&piece),
            Some(_) | None => pieces.push((spells, piece)),
        }
    }
    pieces
}

/// JSON text in which every such character is a `\u` escape: safe at a terminal, and the same value.
pub(crate) fn json(value: &Json, pretty: bool) -> String {
    let text = if pretty {
        format!("{value:#}")
    } else {
        value.to_string()
    };
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        // Outside strings JSON has no such character but the line ends of the pretty form.
        if character != '\n' && deceives(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(character);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(text: &str) -> String {
        pieces(text).into_iter().map(|(_, piece)| piece).collect()
    }

    #[test]
    fn what_deceives_is_spelled_out() {
        for (hostile, safe) in [
            ("a\u{202e}txt.exe", "a\\u{202e}txt.exe"),
            ("pass\u{200b}word", "pass\\u{200b}word"),
            ("\u{1b}[2Jgone", "\\u{1b}[2Jgone"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("one\r\ntwo\t", "one\\r\\ntwo\\t"),
            ("tag\u{e0041}", "tag\\u{e0041}"),
            ("plain, für 漢字 – ✋", "plain, für 漢字 – ✋"),
        ] {
            assert_eq!(shown(hostile), safe);
        }
    }

    #[test]
    fn escaped_json_is_the_same_value() {
        let value = json!({ "a": "x\u{202e}y\u{e0041}z\u{7f}\u{9b}\n" });
        for pretty in [false, true] {
            let text = json(&value, pretty);
            assert!(!text.chars().any(|c| c != '\n' && deceives(c)), "{text}");
            assert_eq!(serde_json::from_str::<Json>(&text).unwrap(), value);
        }
    }
}
