//! The test bench: workflows in a few lines (`build`), a world that answers what is owed (`world`), a recorder that
//! checks the fold after every event (`recorder`), what a test does to a run (`hands`), and tests as data (`check`), and one workflow that many use (`gated`).

pub(crate) mod build;
mod check;
mod gated;
mod hands;
mod recompute;
mod recorder;
mod world;

pub(crate) use build::{ai, call, flow, gate, group, parallel};
pub(crate) use check::{Act, Act::*, Case, case, check};
pub(crate) use gated::{finished, gated};
pub(crate) use recorder::{Bench, me, words};
pub(crate) use world::{Reply, World, error, fails, output, plain_preview, preview, succeeds};
