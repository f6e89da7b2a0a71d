//! A small, safe Markdown: headings, paragraphs, lists, quotes, tables, emphasis, code. It makes view nodes, never
//! HTML; raw HTML is shown as the text it is, links as their words and address, images as their description.
//! Parsing and showing are apart, so that what a text becomes is tested without a browser.

use leptos::prelude::*;

use super::dynamic;
use pulldown_cmark::{Alignment, CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag};

use super::escape::{escaped, escaped_view};

/// Deeper nesting is flattened: text from a model or a host must not be able to exhaust the stack.
const MAX_DEPTH: usize = 24;

/// What a text is made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Node {
    /// Words as they came.
    Text(String),
    /// Code in a line.
    Code(String),
    /// Code in lines, with its language if it names one.
    CodeBlock(Option<String>, String),
    /// A line break inside a paragraph.
    Break,
    /// A thematic break.
    Rule,
    /// Something around other nodes.
    Holds(Holder, Vec<Node>),
}

/// What can be around other nodes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Holder {
    /// A paragraph.
    Paragraph,
    /// A heading, 1 to 6 as written.
    Heading(u8),
    /// A quote.
    Quote,
    /// A list; with the first number if it is numbered.
    List(Option<u64>),
    /// A row of a list.
    Item,
    /// Emphasis.
    Emphasis,
    /// Strong emphasis.
    Strong,
    /// Struck through.
    Strike,
    /// A link's words; the address.
    Link(String),
    /// An image's description.
    Image,
    /// A table; whether each column is of numbers (aligned to the end).
    Table(Vec<bool>),
    /// The heading row of a table.
    Head,
    /// A row of a table.
    Row,
    /// A cell of a table.
    Cell,
    /// Nothing of its own: too deep, or not part of the subset.
    Plain,
}

/// Reads a text.
pub fn parse(text: &str) -> Vec<Node> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut open: Vec<(Holder, Vec<Node>)> = vec![(Holder::Plain, Vec::new())];
    let mut too_deep = 0_usize;
    let mut code: Option<(Option<String>, String)> = None;
    for event in Parser::new_ext(text, options) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => code = Some((language(&kind), String::new())),
            Event::Start(_) if open.len() > MAX_DEPTH => too_deep += 1,
            Event::Start(tag) => open.push((holder(tag), Vec::new())),
            Event::End(_) => {
                if let Some((language, text)) = code.take() {
                    push(&mut open, Node::CodeBlock(language, text));
                } else if too_deep > 0 {
                    too_deep -= 1;
                } else if open.len() > 1
                    && let Some((holder, nodes)) = open.pop()
                {
                    push(&mut open, Node::Holds(holder, nodes));
                }
            }
            Event::Text(words) | Event::Html(words) | Event::InlineHtml(words) => match &mut code {
                Some((_, text)) => text.push_str(&words),
                None => push_text(&mut open, &words),
            },
            Event::Code(words) | Event::InlineMath(words) | Event::DisplayMath(words) => {
                push(&mut open, Node::Code(words.into_string()));
            }
            Event::FootnoteReference(words) => push_text(&mut open, &words),
            Event::SoftBreak => push_text(&mut open, " "),
            Event::HardBreak => push(&mut open, Node::Break),
            Event::Rule => push(&mut open, Node::Rule),
            Event::TaskListMarker(done) => push_text(&mut open, if done { "[x] " } else { "[ ] " }),
        }
    }
    while open.len() > 1 {
        if let Some((holder, nodes)) = open.pop() {
            push(&mut open, Node::Holds(holder, nodes));
        }
    }
    open.pop().map(|(_, nodes)| nodes).unwrap_or_default()
}

fn push(open: &mut [(Holder, Vec<Node>)], node: Node) {
    if let Some((_, nodes)) = open.last_mut() {
        nodes.push(node);
    }
}

fn push_text(open: &mut [(Holder, Vec<Node>)], words: &str) {
    if let Some((_, nodes)) = open.last_mut() {
        match nodes.last_mut() {
            Some(Node::Text(before)) => before.push_str(words),
            _ => nodes.push(Node::Text(words.to_owned())),
        }
    }
}

fn language(kind: &CodeBlockKind<'_>) -> Option<String> {
    match kind {
        CodeBlockKind::Fenced(info) => info.split_whitespace().next().map(str::to_owned),
        CodeBlockKind::Indented => None,
    }
}

fn holder(tag: Tag<'_>) -> Holder {
    match tag {
        Tag::Paragraph => Holder::Paragraph,
        Tag::Heading { level, .. } => Holder::Heading(match level {
            HeadingLevel::H1 => 1,
            HeadingLevel::H2 => 2,
            HeadingLevel::H3 => 3,
            HeadingLevel::H4 => 4,
            HeadingLevel::H5 => 5,
            HeadingLevel::H6 => 6,
        }),
        Tag::BlockQuote(_) => Holder::Quote,
        Tag::List(first) => Holder::List(first),
        Tag::Item => Holder::Item,
        Tag::Emphasis => Holder::Emphasis,
        Tag::Strong => Holder::Strong,
        Tag::Strikethrough => Holder::Strike,
        Tag::Link { dest_url, .. } => Holder::Link(dest_url.into_string()),
        Tag::Image { .. } => Holder::Image,
        Tag::Table(columns) => Holder::Table(
            columns
                .iter()
                .map(|column| *column == Alignment::Right)
                .collect(),
        ),
        Tag::TableHead => Holder::Head,
        Tag::TableRow => Holder::Row,
        Tag::TableCell => Holder::Cell,
        Tag::HtmlBlock => Holder::Paragraph,
        Tag::CodeBlock(_)
        | Tag::FootnoteDefinition(_)
        | Tag::DefinitionList
        | Tag::DefinitionListTitle
        | Tag::DefinitionListDefinition
        | Tag::Superscript
        | Tag::Subscript
        | Tag::MetadataBlock(_) => Holder::Plain,
    }
}

/// A Markdown text, shown.
#[component]
pub fn Markdown(
    /// The text as it came.
    #[prop(into)]
    text: Signal<String>,
    /// The level that a heading of level 1 gets on this page.
    #[prop(default = 3)]
    top_level: u8,
) -> impl IntoView {
    view! { <div class="markdown">{dynamic(move || text.with(|text| show_all(parse(text), top_level)))}</div> }
}

fn show_all(nodes: Vec<Node>, top: u8) -> AnyView {
    nodes
        .into_iter()
        .map(|node| show(node, top))
        .collect_view()
        .into_any()
}

fn show(node: Node, top: u8) -> AnyView {
    match node {
        Node::Text(words) => escaped_view(&words),
        Node::Code(words) => view! { <code>{escaped_view(&words)}</code> }.into_any(),
        Node::CodeBlock(language, words) => view! {
            <pre tabindex="0" aria-label=language.map_or_else(|| "Code".to_owned(), |name| format!("Code: {}", escaped(&name)))>
                <code>{escaped_view(&words)}</code>
            </pre>
        }
        .into_any(),
        Node::Break => view! { <br/> }.into_any(),
        Node::Rule => view! { <hr/> }.into_any(),
        Node::Holds(holder, nodes) => show_holder(holder, nodes, top),
    }
}

fn show_holder(holder: Holder, nodes: Vec<Node>, top: u8) -> AnyView {
    if let Holder::Table(ends) = holder {
        return show_table(&ends, nodes, top);
    }
    let inner = show_all(nodes, top);
    match holder {
        Holder::Paragraph => view! { <p>{inner}</p> }.into_any(),
        Holder::Heading(level) => match level + top - 1 {
            0..=2 => view! { <h2>{inner}</h2> }.into_any(),
            3 => view! { <h3>{inner}</h3> }.into_any(),
            4 => view! { <h4>{inner}</h4> }.into_any(),
            5 => view! { <h5>{inner}</h5> }.into_any(),
            6.. => view! { <h6>{inner}</h6> }.into_any(),
        },
        Holder::Quote => view! { <blockquote>{inner}</blockquote> }.into_any(),
        Holder::List(None) => view! { <ul>{inner}</ul> }.into_any(),
        Holder::List(Some(first)) => view! { <ol start=first.to_string()>{inner}</ol> }.into_any(),
        Holder::Item => view! { <li>{inner}</li> }.into_any(),
        Holder::Emphasis => view! { <em>{inner}</em> }.into_any(),
        Holder::Strong => view! { <strong>{inner}</strong> }.into_any(),
        Holder::Strike => view! { <s>{inner}</s> }.into_any(),
        Holder::Link(address) => {
            view! { <span class="md-link">{inner}" "<code>{escaped_view(&address)}</code></span> }
                .into_any()
        }
        Holder::Image => view! { <span class="md-link">"[image: "{inner}"]"</span> }.into_any(),
        // Rows and cells outside a table cannot come from the parser.
        Holder::Table(_) | Holder::Head | Holder::Row | Holder::Cell | Holder::Plain => inner,
    }
}

fn show_table(ends: &[bool], rows: Vec<Node>, top: u8) -> AnyView {
    let mut head = None;
    let mut body = Vec::new();
    for row in rows {
        let Node::Holds(holder, cells) = row else {
            continue;
        };
        let is_head = holder == Holder::Head;
        let cells: Vec<_> = cells
            .into_iter()
            .enumerate()
            .map(|(column, cell)| {
                let end = ends.get(column).copied().unwrap_or(false);
                let Node::Holds(Holder::Cell, nodes) = cell else {
                    return ().into_any();
                };
                let inner = show_all(nodes, top);
                if is_head {
                    view! { <th scope="col" class:end=end>{inner}</th> }.into_any()
                } else {
                    view! { <td class:end=end>{inner}</td> }.into_any()
                }
            })
            .collect();
        let row = view! { <tr>{cells}</tr> };
        if is_head {
            head = Some(row);
        } else {
            body.push(row);
        }
    }
    view! {
        <div class="table-scroll" tabindex="0" role="group" aria-label="Table">
            <table><thead>{head}</thead><tbody>{body}</tbody></table>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &str) -> Node {
        Node::Text(words.to_owned())
    }

    fn paragraph(nodes: Vec<Node>) -> Node {
        Node::Holds(Holder::Paragraph, nodes)
    }

    #[test]
    fn headings_emphasis_and_code() {
        assert_eq!(
            parse("# One\n\n**bold** *it* `x`\nnext\n\n```sh\nls\n```"),
            [
                Node::Holds(Holder::Heading(1), vec![text("One")]),
                paragraph(vec![
                    Node::Holds(Holder::Strong, vec![text("bold")]),
                    text(" "),
                    Node::Holds(Holder::Emphasis, vec![text("it")]),
                    text(" "),
                    Node::Code("x".into()),
                    text(" next"),
                ]),
                Node::CodeBlock(Some("sh".into()), "ls\n".into()),
            ]
        );
    }

    #[test]
    fn tables_keep_their_alignment() {
        let nodes = parse("| a | b |\n|---|--:|\n| c | 1 |");
        let [Node::Holds(Holder::Table(ends), rows)] = &nodes[..] else {
            panic!("{nodes:?}")
        };
        assert_eq!(ends, &[false, true]);
        assert_eq!(rows.len(), 2);
    }

    #[test]
    fn html_is_text() {
        assert_eq!(
            parse("a <b onclick=x>c</b>"),
            [paragraph(vec![text("a <b onclick=x>c</b>")])]
        );
        assert_eq!(
            parse("<script>alert(1)</script>"),
            [paragraph(vec![text("<script>alert(1)</script>")])]
        );
    }

    #[test]
    fn links_and_images_are_words() {
        assert_eq!(
            parse("[here](javascript:x) ![alt](http://h/i.png)"),
            [paragraph(vec![
                Node::Holds(Holder::Link("javascript:x".into()), vec![text("here")]),
                text(" "),
                Node::Holds(Holder::Image, vec![text("alt")]),
            ])]
        );
    }

    #[test]
    fn nesting_is_bounded_and_nothing_is_lost() {
        let nodes = parse(&format!("{}deep\n\nafter", "> ".repeat(2_000)));
        fn depth(nodes: &[Node]) -> usize {
            nodes
                .iter()
                .map(|node| {
                    if let Node::Holds(_, inner) = node {
                        1 + depth(inner)
                    } else {
                        0
                    }
                })
                .max()
                .unwrap_or(0)
        }
        assert!(depth(&nodes) <= MAX_DEPTH, "{}", depth(&nodes));
        let all = format!("{nodes:?}");
        assert!(all.contains("deep") && all.contains("after"));
    }
}
