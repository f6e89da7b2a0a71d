//! The same work by other programs: `ssh` once a host, Ansible, and the scripts alone without any ssh.

use crate::ask::Client;
use crate::at_once;
use crate::meter::{Spent, timed};
use std::process::Stdio;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// `ssh host exec sh -s` for each host, with the script on standard input and host keys checked.
pub(crate) async fn ssh(client: &Client, count: usize, script: &'static str) {
    at_once(0..count, |number| {
        let (address, port) = client.farm.hosts[number].clone();
        let mut command = Command::new("ssh");
        command
            .arg("-F")
            .arg(&client.config)
            .args(["-o", "BatchMode=yes", "-p", &port.to_string()])
            .args([address.as_str(), "exec sh -s"]);
        fed(command, script)
    })
    .await;
}

/// The script alone, as often.
pub(crate) async fn scripts(script: &'static str, count: usize) {
    at_once(0..count, |_| {
        let mut command = Command::new("sh");
        command.arg("-s");
        fed(command, script)
    })
    .await;
}

async fn fed(mut command: Command, text: &'static str) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).await.unwrap();
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// `ansible -m raw`; nothing where it is not installed.
pub(crate) async fn ansible(client: &Client, count: usize) -> Option<Spent> {
    let mut inventory = String::new();
    for (number, (address, port)) in client.farm.hosts[..count].iter().enumerate() {
        inventory.push_str(&format!(
            "h{number} ansible_host={address} ansible_port={port}\n"
        ));
    }
    let file = client.config.with_extension("inventory");
    std::fs::write(&file, inventory).unwrap();
    let mut command = Command::new("ansible");
    command
        .args(["all", "-m", "raw", "-a", "x x x x", "-f"])
        .arg(crate::AT_ONCE.to_string())
        .arg("-i")
        .arg(&file)
        // Without a master connection, as the others are.
        .env(
            "ANSIBLE_SSH_ARGS",
            format!("-F {} -o ControlMaster=no", client.config.display()),
        )
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true);
    let mut child = command.spawn().ok()?;
    let spent = timed(async {
        assert!(child.wait().await.unwrap().success());
    })
    .await;
    Some(spent)
}
