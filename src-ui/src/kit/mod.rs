//! Generic widgets on Fluent 2 tokens: native elements first, everything reachable by keyboard, status as icon, word
//! and colour together. Nothing here knows what a run is. Their CSS: styles/base.css, kit.css, forms.css.

pub mod badge;
pub mod button;
pub mod chips;
pub mod choice;
pub mod combobox;
pub mod copy;
pub mod dialog;
pub mod disclosure;
pub mod drawer;
mod dynamic;
pub mod escape;
pub mod field;
pub(crate) mod find;
mod found;
pub mod grid;
pub mod icon;
pub mod icons;
pub mod keyed;
mod keys;
pub mod live;
mod log_state;
pub mod log_view;
pub mod markdown;
pub mod memo;
pub mod menu;
pub mod message;
pub(crate) mod modal;
pub(crate) mod options;
pub mod page;
mod popup;
pub mod progress;
mod rows;
pub mod states;
pub mod status;
pub mod surface;
pub mod tabs;
pub mod text;
pub mod toast;

pub use badge::{Badge, Tone};
pub use button::{Appearance, Button, IconButton};
pub use chips::{chips, one_chip};
pub use choice::{Checkbox, Choice, Select, Switch};
pub use combobox::combobox;
pub use copy::CopyButton;
pub use dialog::Dialog;
pub use disclosure::Disclosure;
pub use drawer::Drawer;
pub use dynamic::{CollectParts, dynamic};
pub use escape::Escaped;
pub use field::{Field, FieldIds};
pub use grid::{Column, Grid, Sort, grid};
pub use icon::Icon;
pub use keyed::keyed;
pub use live::{Announcer, LiveRegions};
pub use log_view::{LineView, LogView, Stream, log_view};
pub use markdown::Markdown;
pub use memo::Memo;
pub use menu::{MenuItem, menu};
pub use message::{Intent, MessageBar};
pub use page::PageHead;
pub use progress::{Progress, Skeleton, Spinner};
pub use states::{EmptyState, ErrorState};
pub use status::{Status, StatusGlyph};
pub use surface::{Card, Fact, Facts};
pub use tabs::{Tab, TabList, TabPanel};
pub use text::{NumberInput, TextInput, Textarea};
pub use toast::{ToastStack, Toasts};

use std::sync::atomic::{AtomicUsize, Ordering};

/// An id no other element of the page has, for labels and descriptions that point at a control.
pub(crate) fn unique_id(prefix: &str) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    format!("{prefix}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
