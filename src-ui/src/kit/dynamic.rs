//! A part of a view that changes by itself. Closures in a view do the same, but each is compiled into its own copy of
//! the machinery around it; here all share one, which keeps the module of the window small.

use std::sync::{Arc, Mutex};

use leptos::{prelude::*, tachys::reactive_graph::SharedReactiveFunction};

/// Shows what `part` gives, and shows it anew whenever something it has read changes.
pub fn dynamic<V: IntoAny + 'static>(mut part: impl FnMut() -> V + Send + 'static) -> AnyView {
    let shared: SharedReactiveFunction<AnyView> = Arc::new(Mutex::new(move || part().into_any()));
    shared.into_any()
}

/// Collects views as parts of one type, for the same reason: a list of each type of view is a copy of the machinery.
pub trait CollectParts {
    /// The parts, in order.
    fn collect_parts(self) -> Vec<AnyView>;
}

impl<I: Iterator<Item: IntoAny>> CollectParts for I {
    fn collect_parts(self) -> Vec<AnyView> {
        self.map(IntoAny::into_any).collect()
    }
}
