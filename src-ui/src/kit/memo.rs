//! A value made from others: made anew when one of them changes, and passed on only when it differs. It behaves like the
//! memo of leptos, which is compiled into a copy of its machinery for every type of value; here all types share one.

use std::{any::Any, marker::PhantomData, sync::Arc};

use leptos::prelude::{Get as _, GetUntracked as _, Memo as Shared, Signal};

/// The value; a copy of it is the same one.
pub struct Memo<T> {
    shared: Shared<Held>,
    of: PhantomData<fn() -> T>,
}

/// A value of some type, with the comparison of that type.
#[derive(Clone)]
struct Held {
    value: Arc<dyn Any + Send + Sync>,
    same: fn(&Held, &Held) -> bool,
}

impl Held {
    fn of<T: PartialEq + Send + Sync + 'static>(value: T) -> Self {
        Self {
            value: Arc::new(value),
            same: |one, other| one.read::<T>() == other.read::<T>(),
        }
    }

    fn read<T: 'static>(&self) -> Option<&T> {
        self.value.downcast_ref()
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        (self.same)(self, other)
    }
}

/// What makes a value from the one before.
type Make = Box<dyn Fn(Option<&Held>) -> Held + Send + Sync>;

fn shared(make: Make) -> Shared<Held> {
    Shared::new(make)
}

impl<T: PartialEq + Send + Sync + 'static> Memo<T> {
    /// Makes the value whenever something that `make` has read changes; `make` is given the value before.
    pub fn new(make: impl Fn(Option<&T>) -> T + Send + Sync + 'static) -> Self {
        let make = move |before: Option<&Held>| Held::of(make(before.and_then(Held::read)));
        Self {
            shared: shared(Box::new(make)),
            of: PhantomData,
        }
    }
}

impl<T: 'static> Memo<T> {
    /// Looks at the value and follows it.
    pub fn with<R>(self, look: impl FnOnce(&T) -> R) -> R {
        seen(&self.shared.get(), look)
    }

    /// Looks at the value as it is now.
    pub fn with_untracked<R>(self, look: impl FnOnce(&T) -> R) -> R {
        seen(&self.shared.get_untracked(), look)
    }

    /// Looks at the value as it is now; `None` when whoever made the memo has gone.
    pub fn try_with_untracked<R>(self, look: impl FnOnce(&T) -> R) -> Option<R> {
        Some(seen(&self.shared.try_get_untracked()?, look))
    }
}

impl<T: Clone + 'static> Memo<T> {
    /// The value, followed.
    pub fn get(self) -> T {
        self.with(T::clone)
    }

    /// The value as it is now.
    pub fn get_untracked(self) -> T {
        self.with_untracked(T::clone)
    }
}

fn seen<T: 'static, R>(held: &Held, look: impl FnOnce(&T) -> R) -> R {
    match held.read() {
        Some(value) => look(value),
        None => unreachable!("a memo of one type holds only values of it"),
    }
}

impl<T> Clone for Memo<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Memo<T> {}

impl<T: Clone + Send + Sync + 'static> From<Memo<T>> for Signal<T> {
    fn from(memo: Memo<T>) -> Self {
        Signal::derive(move || memo.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leptos::prelude::{
        GetValue as _, Owner, RwSignal, Set as _, StoredValue, UpdateValue as _,
    };

    #[test]
    fn it_is_made_anew_only_when_something_it_read_differs() {
        Owner::new().with(|| {
            let (number, made) = (RwSignal::new(4), StoredValue::new(0));
            let even = Memo::new(move |_| number.get() % 2 == 0);
            let words = Memo::new(move |before: Option<&String>| {
                made.update_value(|made| *made += 1);
                let before = before.map(|before| format!(", before {before}"));
                format!("even: {}{}", even.get(), before.unwrap_or_default())
            });
            let check = |now, said: &str, times| {
                number.set(now);
                assert_eq!((words.get(), made.get_value()), (said.to_owned(), times));
            };
            check(4, "even: true", 1);
            check(6, "even: true", 1);
            check(7, "even: false, before even: true", 2);
            let signal = Signal::<bool>::from(even);
            assert!(!signal.get());
            assert!(even.with_untracked(|even| !even));
        });
    }
}
