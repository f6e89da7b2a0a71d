//! An export as one page that needs nothing else: no script, no picture, nothing from elsewhere. For reading and
//! printing; what proves something is the export of the records.

use super::{About, Row, moment};
use fleet::visible;
use std::io::{self, Write};

/// The longest text in a cell, in characters.
const CELL: usize = 2000;

const STYLE: &str = "body{font:14px/1.45 system-ui,sans-serif;margin:2rem;color:#1b1f24}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;\
border-bottom:1px solid #d8dee4;overflow-wrap:anywhere}th{position:sticky;top:0;background:#f6f8fa}\
code{font:12px ui-monospace,monospace;color:#57606a}.no{color:#a40e26}\
@media print{body{margin:0}th{position:static}}";

pub(super) fn write(rows: &[Row], about: &About, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>Decisions and changes</title><style>{STYLE}</style></head><body>\n\
         <h1>Decisions and changes</h1>\n\
         <p>Records {} to {} of the journal <code>{}</code>. The hash of the last of them is <code>{}</code>. \
         This page can be changed by whoever has it: check the journal itself, or an export of its records, with \
         <code>countersign audit verify</code>.</p>\n\
         <table><thead><tr><th>When (UTC)</th><th>Action</th><th>Where</th><th>Proposed by</th><th>Decided by</th>\
         <th>Decision</th><th>Result</th><th>Record</th></tr></thead><tbody>",
        about.from,
        about.to,
        escaped(&about.database_id),
        escaped(&about.head)
    )?;
    for row in rows {
        write_row(row, out)?;
    }
    writeln!(out, "</tbody></table></body></html>")
}

fn write_row(row: &Row, out: &mut dyn Write) -> io::Result<()> {
    let decider = if row.decider.is_empty() {
        String::new()
    } else {
        format!("{} ({})", escaped(&row.decider), escaped(&row.origin))
    };
    let signed = match &row.public_key {
        Some(key) => format!("<code>signed by {}</code>", escaped(key)),
        None => "<span class=\"no\">not signed</span>".to_owned(),
    };
    writeln!(
        out,
        "<tr><td>{}</td><td>{}<br><code>{} · {} {}</code></td><td>{}</td><td>{}</td><td>{decider}</td><td>{}</td>\
         <td>{}</td><td>{}<br><code>{}</code><br>{signed}<br><code>calls {}</code></td></tr>",
        escaped(&moment(row.at_us)),
        escaped(&row.action),
        escaped(row.what),
        escaped(&row.workflow),
        escaped(&row.run),
        escaped(&row.targets),
        escaped(&row.proposer),
        escaped(&row.decision),
        escaped(&row.result),
        row.seq,
        escaped(&row.hash),
        escaped(&row.call_digests),
    )
}

/// Text as HTML shows it and as a person can see it.
fn escaped(text: &str) -> String {
    let shown = visible(text, CELL);
    let mut html = String::with_capacity(shown.len());
    for character in shown.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_text() {
        let hostile = "<script>alert('x')</script>\u{202e}\"&";
        let row = Row {
            action: hostile.to_owned(),
            targets: hostile.to_owned(),
            decider: hostile.to_owned(),
            origin: hostile.to_owned(),
            proposer: hostile.to_owned(),
            decision: hostile.to_owned(),
            result: hostile.to_owned(),
            workflow: hostile.to_owned(),
            run: hostile.to_owned(),
            call_digests: hostile.to_owned(),
            public_key: Some(hostile.to_owned()),
            ..Row::default()
        };
        let about = About {
            database_id: hostile.to_owned(),
            from: 1,
            to: 2,
            head: hostile.to_owned(),
        };
        let mut out = Vec::new();
        write(&[row], &about, &mut out).unwrap();
        let page = String::from_utf8(out).unwrap();
        assert!(
            !page.contains("<script") && !page.contains('\u{202e}'),
            "{page}"
        );
        assert_eq!(page.matches("&lt;script&gt;alert(&#39;x&#39;)").count(), 13);
        assert!(
            !page.contains("http:") && !page.contains("https:"),
            "{page}"
        );
    }
}
