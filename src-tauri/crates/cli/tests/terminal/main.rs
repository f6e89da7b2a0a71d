//! The real program, with a real data folder and, where a person is needed, a real (pseudo) terminal. What the engine
//! decides is tested in the engine; here it is what a person or a script sees of it.

mod answers_at_terminal;
mod answers_by_token;
mod applications;
mod bad_files;
mod bad_inputs;
mod descent;
mod desk;
mod doubt;
mod fleet;
mod folder;
mod health;
mod help;
mod interrupted;
mod journal;
mod keyring;
mod looking_back;
mod repositories;
mod rollback;
mod secrets;
mod terminal;
mod undo;
