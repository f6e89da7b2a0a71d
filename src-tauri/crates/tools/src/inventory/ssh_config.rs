//! The names of the ssh config as rows. What the config says of each is asked when it is registered; here it is enough
//! that ssh knows the name.

use super::{Found, LeftOut, MAX_HOSTS, Reading, name};
use crate::ssh_config::{ConfigHost, HostKind};

/// The rows of an ssh config; with the path of the config when it is not the user's own.
pub(crate) fn rows(hosts: Vec<ConfigHost>, config: Option<&str>) -> Reading {
    let mut reading = Reading::default();
    let count = hosts.len();
    for host in hosts.into_iter().take(MAX_HOSTS) {
        let mut row = Found::new(&host.alias, fleet::visible(&host.place, 400));
        match host.kind {
            HostKind::Host => {}
            HostKind::Forge => {
                row.untick("it hosts git repositories, and nobody has a shell there")
            }
            HostKind::JumpOnly => row.untick("it is there to reach others over it"),
            HostKind::Pattern => {
                reading.left_out.push(LeftOut {
                    name: row.source_name,
                    why: "it is a pattern and names no host".to_owned(),
                });
                continue;
            }
        }
        row.ssh_alias = Some(host.alias);
        row.ssh_config = config.map(str::to_owned);
        reading.hosts.push(row);
    }
    if count > MAX_HOSTS {
        reading.notes.push(format!(
            "the ssh config names {count} hosts; the first {MAX_HOSTS} are read"
        ));
    }
    name::make_unique(&mut reading.hosts);
    reading.hosts.iter_mut().for_each(Found::settle);
    reading
}
