//! Jobs: scripts that go on on an agent when the program is closed or the network is cut. A supervisor in a session of its
//! own runs the script once and says how it ended; nothing is installed, only the job's folder is kept on the host.
//! `host` has the functions, the tools stand on them. Not what a deployment does: that is a script of a job.

mod answer;
mod fault;
mod host;
mod list;
#[cfg(test)]
mod tests;

pub(crate) use list::JobList;
