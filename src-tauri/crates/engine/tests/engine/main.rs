//! The whole engine on a real data folder with the real tools: what a door sees. Kill tests of the real binary are in
//! the crate `cli`; the rules of deciding are tested in `workflow`.

mod bench;
mod built_ins;
mod feed;
mod gates;
mod guide;
mod health;
mod history;
mod lists;
mod made;
mod owners;
mod people;
mod recovery;
