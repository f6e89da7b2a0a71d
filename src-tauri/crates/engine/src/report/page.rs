//! Markdown as one HTML page: no script, no picture, nothing from elsewhere. Markup that stands in the Markdown stays
//! text, and only links that lead to pages or mail stay links.

use fleet::is_hidden;
use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, html};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;\
background:#fff;overflow-wrap:anywhere}h1,h2,h3{line-height:1.25}table{border-collapse:collapse;margin:1rem 0}\
th,td{text-align:left;vertical-align:top;padding:.35rem .7rem;border:1px solid #d8dee4}th{background:#f6f8fa}\
code,pre{font:13px ui-monospace,monospace;background:#f6f8fa}pre{padding:.7rem;white-space:pre-wrap}\
footer{margin-top:3rem;border-top:1px solid #d8dee4;color:#57606a;font-size:13px}@media print{body{margin:0}}";

/// The page: what stands in its title bar, a line about its origin below, and the text.
pub(super) fn of(title: &str, foot: &str, markdown: &str) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <meta name=\"referrer\" content=\"no-referrer\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>{}</title><style>{STYLE}</style></head><body>\n",
        escaped(title)
    );
    html::push_html(&mut page, tamed(markdown).into_iter());
    page.push_str(&format!(
        "<footer><p>{}</p></footer></body></html>\n",
        escaped(foot)
    ));
    page
}

/// The events of a text with everything left out that could do more than be read.
fn tamed(markdown: &str) -> Vec<Event<'_>> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    // For each link that is open: does it stay one?
    let mut links = Vec::new();
    let mut events = Vec::new();
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Html(text) | Event::InlineHtml(text) | Event::Text(text) => {
                events.push(Event::Text(shown(text)));
            }
            Event::Code(text) => events.push(Event::Code(shown(text))),
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                ..
            }) => {
                let stays = leads_out(link_type, &dest_url);
                links.push(stays);
                if stays {
                    events.push(Event::Start(Tag::Link {
                        link_type,
                        dest_url: shown(dest_url),
                        title: CowStr::Borrowed(""),
                        id: CowStr::Borrowed(""),
                    }));
                }
            }
            Event::End(TagEnd::Link) => {
                if links.pop().unwrap_or_default() {
                    events.push(Event::End(TagEnd::Link));
                }
            }
            // What it shows is told by its text.
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => {}
            // The text of raw markup comes as events of its own.
            Event::Start(Tag::HtmlBlock) => {
                events.push(Event::Start(Tag::Paragraph));
            }
            Event::End(TagEnd::HtmlBlock) => events.push(Event::End(TagEnd::Paragraph)),
            Event::Start(Tag::CodeBlock(_)) => events.push(Event::Start(Tag::CodeBlock(
                pulldown_cmark::CodeBlockKind::Indented,
            ))),
            other @ (Event::Start(_)
            | Event::End(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::Rule
            | Event::TaskListMarker(_)) => events.push(other),
        }
    }
    events
}

/// Does a link lead to a page or to mail, and nowhere else?
fn leads_out(link_type: LinkType, to: &str) -> bool {
    let to = to.to_ascii_lowercase();
    link_type == LinkType::Email
        || ["http://", "https://", "mailto:"]
            .iter()
            .any(|scheme| to.starts_with(scheme))
}

/// The text with what hides or reorders spelled out; lines stay lines.
fn shown(text: CowStr<'_>) -> CowStr<'_> {
    let odd = |c: char| is_hidden(c) && c != '\n' && c != '\t';
    if !text.chars().any(odd) {
        return text;
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if odd(character) {
            shown.push_str(&format!("<U+{:04X}>", u32::from(character)));
        } else {
            shown.push(character);
        }
    }
    shown.into()
}

fn escaped(text: &str) -> String {
    let mut events = String::new();
    let text = shown(CowStr::Borrowed(text));
    html::push_html(&mut events, std::iter::once(Event::Text(text)));
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_read_is_on_the_page() {
        let check = |markdown: &str, has: &[&str], has_not: &[&str]| {
            let page = of("A <title>", "foot & <b>", markdown);
            let (_, body) = page.split_once("<body>").unwrap();
            for part in has {
                assert!(body.contains(part), "{markdown}: {part} is not in {body}");
            }
            for part in has_not {
                assert!(!body.contains(part), "{markdown}: {part} is in {body}");
            }
        };
        check("", &["foot &amp; &lt;b&gt;"], &[]);
        check(
            "# One\n\n| a | b |\n|---|---|\n| 1 | ~~2~~ |\n",
            &["<h1>One</h1>", "<td>1</td>", "<del>2</del>"],
            &[],
        );
        check(
            "a <script>alert(1)</script> b\n\n<div onclick=\"x()\">\nc\n</div>\n",
            &["&lt;script&gt;", "&lt;div onclick=", "c"],
            &["<script", "<div"],
        );
        check(
            "[page](https://example.org/a?b=\"c\"&d 'hover') [mail](MAILTO:a@b.c) <d@e.f> <http://g.h>",
            &[
                "href=\"https://example.org/a?b=%22c%22&amp;d\"",
                "href=\"MAILTO:a@b.c\"",
                "href=\"mailto:d@e.f\"",
                "href=\"http://g.h\"",
            ],
            &["title="],
        );
        for hostile in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\tscript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "//example.org/x",
            "/etc/passwd",
            "&#106;avascript:alert(1)",
            "\u{1}javascript:alert(1)",
        ] {
            check(
                &format!("[**see** this](<{hostile}>)"),
                &["this"],
                &["<a", "href"],
            );
        }
        check(
            "![a *picture*](https://example.org/x.png) after [![b](http://p.q/r.png)](https://s.t/)",
            &["a <em>picture</em> after", "<a href=\"https://s.t/\">b</a>"],
            &["<img", "x.png", "r.png"],
        );
        check(
            "```x\"><script>\nline one\nline\ttwo\u{202e}\n```\n\nname\u{200b}end `co\u{202e}de`",
            &[
                "line one\nline\ttwo&lt;U+202E&gt;",
                "name&lt;U+200B&gt;end",
                "co&lt;U+202E&gt;de",
            ],
            &["\u{202e}", "\u{200b}", "<script"],
        );
    }
}
