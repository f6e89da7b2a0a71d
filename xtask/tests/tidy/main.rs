//! What we believe about the code, as tests: who may use whom, how a file opens, what is called
//! what, and where nothing may wait. Each test prints every place at once with what to do. Rules
//! about behaviour are not here; they belong beside the code.

mod arrows;
mod manifests;
mod pure;
mod sources;
mod tree;

use tree::Tree;

/// Fails with all findings, one a line.
#[track_caller]
fn none(findings: Vec<String>) {
    assert!(
        findings.is_empty(),
        "{} finding(s):\n{}\n",
        findings.len(),
        findings.join("\n")
    );
}

#[test]
fn our_crates_use_each_other_only_along_the_arrows() {
    none(arrows::between_our_crates(&manifests::read(
        &Tree::of_repository(),
    )));
}

#[test]
fn each_technology_is_known_to_one_crate() {
    none(arrows::technologies(&manifests::read(
        &Tree::of_repository(),
    )));
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    none(manifests::without_lints(&Tree::of_repository()));
}

#[test]
fn the_bundler_has_the_version_of_what_it_bundles() {
    none(manifests::bundler_version(&Tree::of_repository()));
}

#[test]
fn pure_crates_reach_nothing_outside() {
    none(pure::reaching_outside(&Tree::of_repository()));
}

#[test]
fn pure_crates_depend_on_pure_things_only() {
    none(pure::dependencies(&manifests::read(&Tree::of_repository())));
}

#[test]
fn pure_crates_are_linted_alike() {
    none(pure::clippy_files(&Tree::of_repository()));
}

#[test]
fn every_file_opens_by_saying_what_it_is() {
    none(sources::first_lines(&Tree::of_repository()));
}

#[test]
fn there_are_no_drawers() {
    none(sources::drawers(&Tree::of_repository()));
}

#[test]
fn nothing_sleeps() {
    none(sources::sleeps(&Tree::of_repository()));
}

#[test]
fn no_path_of_a_machine_is_written_down() {
    none(sources::machine_paths(&Tree::of_repository()));
}

#[test]
fn a_file_can_be_read_in_one_sitting() {
    none(sources::long_files(&Tree::of_repository()));
}

#[test]
fn the_licences_are_here() {
    none(sources::licences(&Tree::of_repository()));
}

#[test]
fn no_file_makes_every_cargo_call_download() {
    none(sources::toolchain_files(&Tree::of_repository()));
}
