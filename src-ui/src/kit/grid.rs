//! A grid of many rows: the columns' heads sort, one row is selected, the keys move it. Only the rows that are seen, and
//! a few more, are in the page. It neither fetches nor sorts: the caller gives the keys in the order they are shown.
//! The focus is on the grid itself (`aria-activedescendant`), so that scrolling and paging never lose it. Put no stop of
//! the Tab key into a cell: links there have `tabindex="-1"`, Enter opens the row.

use std::{cmp::Ordering, sync::Arc};

use leptos::{ev, prelude::*};

use super::{
    CollectParts, Icon, Memo, dynamic, icons,
    keyed::keyed,
    keys::moved,
    rows::{Rows, Shown},
    unique_id,
};

/// The most rows that are in the page at once.
pub const MOST_ROWS: usize = 80;
/// More rows are asked for when fewer than this follow what is in the page.
const NEAR: usize = 20;

/// One column.
#[derive(Clone, Copy)]
pub struct Column {
    /// Its head.
    pub title: &'static str,
    /// Its width: `col-xs`, `col-s`, `col-m`, `col-l` or `col-grow` of kit.css; with `col-end` it is set to the right,
    /// with `col-wide` it is left out where there is little room.
    pub class: &'static str,
    /// Whether its head sorts.
    pub sortable: bool,
}

impl Column {
    /// A column whose head sorts.
    pub const fn sorted(title: &'static str, class: &'static str) -> Self {
        Self {
            title,
            class,
            sortable: true,
        }
    }

    /// A column whose head is only words.
    pub const fn plain(title: &'static str, class: &'static str) -> Self {
        Self {
            title,
            class,
            sortable: false,
        }
    }
}

/// The order of the rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sort {
    /// The place of the column.
    pub column: usize,
    /// The largest first.
    pub descending: bool,
}

impl Sort {
    /// The order after a press on the head of `column`: the same column turns round, another one starts ascending.
    #[must_use]
    pub fn pressed(self, column: usize) -> Self {
        Self {
            column,
            descending: self.column == column && !self.descending,
        }
    }

    /// Sorts keys; `compare` compares two of them by a column. Equal rows keep their order, both ways.
    pub fn apply(self, keys: &mut [String], compare: &dyn Fn(&str, &str, usize) -> Ordering) {
        keys.sort_by(|one, other| {
            let order = compare(one, other, self.column);
            if self.descending {
                order.reverse()
            } else {
                order
            }
        });
    }

    fn word(self, column: usize) -> &'static str {
        match (self.column == column, self.descending) {
            (true, false) => "ascending",
            (true, true) => "descending",
            (false, _) => "none",
        }
    }
}

/// The cells of a row, from its key, one for each column. What it reads is followed: the row shows itself anew.
pub type Cells = Arc<dyn Fn(&str) -> Vec<AnyView> + Send + Sync>;

/// What a grid shows and does.
pub struct Grid {
    /// What the rows are.
    pub label: &'static str,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, in the order they are shown; each key once.
    pub keys: Signal<Vec<String>>,
    /// The cells of a row.
    pub cells: Cells,
    /// The key of the selected row.
    pub selected: RwSignal<Option<String>>,
    /// The order that the heads show and write; the caller sorts.
    pub sort: RwSignal<Sort>,
    /// Enter or a double click on a row.
    pub on_open: Callback<String>,
    /// A single click opens too: for lists that only lead elsewhere.
    pub click_opens: bool,
    /// There are more rows than `keys` has, and how to ask for them. It is asked once for each number of rows.
    pub more: Option<(Signal<bool>, Callback<()>)>,
}

/// The grid. Give it a height: it fills a flex column, and scrolls in itself.
pub fn grid(grid: Grid) -> AnyView {
    let Grid {
        label,
        columns,
        keys,
        cells,
        selected,
        sort,
        on_open,
        click_opens,
        more,
    } = grid;
    let count = Signal::derive(move || keys.with(Vec::len));
    let rows = Rows::new(count, MOST_ROWS, true);
    let window = Memo::new(move |_| {
        let Shown { first, end, .. } = rows.shown.get();
        keys.with(|keys| {
            keys.iter()
                .take(end)
                .skip(first)
                .cloned()
                .collect::<Vec<_>>()
        })
    });
    if let Some((is_more, ask)) = more {
        ask_near_end(rows, count, is_more, ask);
    }
    let id = unique_id("grid");
    let row_id = id.clone();
    // The place of a row among all, while it is in the page.
    let place = move |key: &str| {
        let at = window.with(|window| window.iter().position(|one| one == key))?;
        Some(rows.shown.get().first + at)
    };
    let active = move || {
        let key = selected.get()?;
        place(&key).map(|at| format!("{row_id}-{at}"))
    };
    let press = move |event: ev::KeyboardEvent| {
        // What stands in a cell or a head has its own keys.
        if event.target() != event.current_target() || event.ctrl_key() || event.alt_key() {
            return;
        }
        let (here, total) = keys.with_untracked(|keys| {
            let of = selected.get_untracked();
            (
                of.and_then(|of| keys.iter().position(|key| *key == of)),
                keys.len(),
            )
        });
        let key = event.key();
        if let Some(to) = moved(&key, here, total, rows.page(), false) {
            event.prevent_default();
            selected.set(keys.with_untracked(|keys| keys.get(to).cloned()));
            rows.reveal(to);
        } else if key == "Enter" && !event.repeat() && here.is_some() {
            event.prevent_default();
            if let Some(key) = selected.get_untracked() {
                on_open.run(key);
            }
        }
    };
    let classes: Arc<[&'static str]> = columns.iter().map(|column| column.class).collect();
    let prefix = id.clone();
    let row = Arc::new(move |key: &str| {
        let (cells, classes, prefix) = (cells.clone(), classes.clone(), prefix.clone());
        let own = Arc::<str>::from(key);
        let [
            for_id,
            for_index,
            for_selected,
            for_cells,
            for_click,
            for_open,
        ] = std::array::from_fn(|_| own.clone());
        view! {
            <div
                class="grid-row"
                role="row"
                id=move || place(&for_id).map(|at| format!("{prefix}-{at}"))
                aria-rowindex=move || place(&for_index).map(|at| at + 2)
                aria-selected=move || bool_word(selected.with(|key| key.as_deref() == Some(&for_selected)))
                on:click=move |_| {
                    selected.set(Some(for_click.to_string()));
                    if click_opens {
                        on_open.run(for_click.to_string());
                    }
                }
                on:dblclick=move |_| if !click_opens { on_open.run(for_open.to_string()) }
            >
                {dynamic(move || {
                    cells(&for_cells).into_iter().zip(classes.iter()).map(|(cell, class)| view! {
                        <div class=format!("grid-cell {class}") role="gridcell">{cell}</div>
                    }.into_any()).collect_parts()
                })}
            </div>
        }
        .into_any()
    });
    view! {
        <div
            class="grid"
            role="grid"
            id=id
            tabindex="0"
            aria-label=label
            aria-rowcount=move || match more {
                Some((more, _)) if more.get() => "-1".to_owned(),
                Some(_) | None => (count.get() + 1).to_string(),
            }
            aria-activedescendant=active
            node_ref=rows.scroller
            on:scroll=move |_| rows.measure()
            on:keydown=press
        >
            <div class="grid-row grid-head" role="row" aria-rowindex="1" node_ref=rows.gauge>
                {columns.into_iter().enumerate().map(|(at, column)| head(at, column, sort)).collect_parts()}
            </div>
            <div class="grid-body" role="rowgroup" style:height=move || rows.height() style:padding-top=move || rows.before()>
                {keyed(window.into(), row)}
            </div>
        </div>
    }
    .into_any()
}

fn bool_word(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

fn head(at: usize, column: Column, sort: RwSignal<Sort>) -> AnyView {
    let class = format!("grid-cell {}", column.class);
    if !column.sortable {
        return view! { <div class=class role="columnheader">{column.title}</div> }.into_any();
    }
    view! {
        <div class=class role="columnheader" aria-sort=move || sort.get().word(at)>
            <button type="button" class="grid-sort" on:click=move |_| sort.update(|sort| *sort = sort.pressed(at))>
                <span>{column.title}</span>
                <Icon path=icons::CHEVRON_DOWN size=12/>
            </button>
        </div>
    }
    .into_any()
}

/// Asks for more where the rows in the page are near the last ones.
fn ask_near_end(rows: Rows, count: Signal<usize>, more: Signal<bool>, ask: Callback<()>) {
    let asked_at = StoredValue::new(None::<usize>);
    Effect::new(move |_| {
        let count = count.get();
        if more.get() && rows.shown.get().end + NEAR >= count && asked_at.get_value() != Some(count)
        {
            asked_at.set_value(Some(count));
            ask.run(());
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_sorts_and_turns_round() {
        let first = Sort::default().pressed(2);
        assert_eq!((first.column, first.descending), (2, false));
        let again = first.pressed(2);
        assert_eq!((again.column, again.descending), (2, true));
        assert!(!again.pressed(2).descending);
        assert_eq!(again.pressed(0), Sort::default());
        assert_eq!(
            [again.word(2), again.word(1), first.word(2)],
            ["descending", "none", "ascending"]
        );
    }

    #[test]
    fn equal_rows_keep_their_order_both_ways() {
        let sorted = |descending| {
            let mut keys = ["b1", "a1", "c2", "d1"].map(str::to_owned).to_vec();
            let sort = Sort {
                column: 1,
                descending,
            };
            sort.apply(&mut keys, &|one, other, column| {
                one[column..].cmp(&other[column..])
            });
            keys.join(" ")
        };
        assert_eq!(sorted(false), "b1 a1 d1 c2");
        assert_eq!(sorted(true), "c2 b1 a1 d1");
    }
}
