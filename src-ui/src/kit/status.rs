//! The six states of a step as icon, word and colour together. The words and the glyphs are the product's own;
//! which state something is in is decided elsewhere.

use leptos::prelude::*;

use super::{Icon, dynamic, icons};

/// The state of a step or a stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Status {
    /// Not yet.
    Pending,
    /// Now.
    InProgress,
    /// For a person.
    Waiting,
    /// Done.
    Completed,
    /// Went wrong.
    Failed,
    /// Not needed.
    Skipped,
}

impl Status {
    /// Every state, in the order a step may meet them.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::InProgress,
        Self::Waiting,
        Self::Completed,
        Self::Failed,
        Self::Skipped,
    ];

    /// The word, spelled as on every other surface.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in-progress",
            Self::Waiting => "waiting",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    /// The character that stands for it in text.
    pub const fn glyph(self) -> &'static str {
        match self {
            Self::Pending => "○",
            Self::InProgress => "◐",
            Self::Waiting => "✋",
            Self::Completed => "✓",
            Self::Failed => "✗",
            Self::Skipped => "–",
        }
    }

    const fn icon(self) -> &'static str {
        match self {
            Self::Pending => icons::STATUS_PENDING,
            Self::InProgress => icons::STATUS_IN_PROGRESS,
            Self::Waiting => icons::HAND_FILLED,
            Self::Completed => icons::STATUS_COMPLETED,
            Self::Failed => icons::STATUS_FAILED,
            Self::Skipped => icons::STATUS_SKIPPED,
        }
    }
}

/// The mark of a state; pulses while in progress, unless the person asked for less motion.
#[component]
pub fn StatusGlyph(
    /// The state.
    #[prop(into)]
    status: Signal<Status>,
    /// Hides the word from sight (never from a screen reader) where the same word stands beside it.
    #[prop(optional)]
    quiet: bool,
) -> impl IntoView {
    dynamic(move || {
        let status = status.get();
        view! {
            <span class=format!("status status-{}", status.word()) data-glyph=status.glyph()>
                <Icon path=status.icon()/>
                <span class=if quiet { "sr-only" } else { "status-word" }>{status.word()}</span>
            </span>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_differ_in_word_glyph_and_icon() {
        for (index, one) in Status::ALL.iter().enumerate() {
            for other in &Status::ALL[index + 1..] {
                assert_ne!(one.word(), other.word());
                assert_ne!(one.glyph(), other.glyph());
                assert_ne!(one.icon(), other.icon());
            }
        }
    }
}
