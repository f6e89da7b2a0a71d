//! The loop: commands, effects, timers, the feed.
