//! The SSH transport against a real sshd on loopback, through `transport::run` as the tools call it.

mod real;
