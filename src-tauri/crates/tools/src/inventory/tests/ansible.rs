//! Ansible's three notations.

use super::*;

#[track_caller]
fn ansible(text: &str, expected: &str) {
    check(Format::Ansible, text, expected);
}

#[test]
fn ini_groups_become_labels_and_environments() {
    ansible(
        r#"# who we have
mail.example.com

[web]
web[01:02].example.com  ansible_port=2222   # a comment
"web9"  ansible_host='10.0.0.9' ansible_user="deploy user"

[db_servers]
db-[a:b]:2200 ansible_user=postgres
web9

[production:children]
web

[dev]
db-a

[all:vars]
ansible_user = ops
ansible_ssh_private_key_file="~/.ssh/ops"   # quoted

[web:vars]
ansible_user=www
http_port=80
"#,
        "x mail.example.com (inv:2) user=ops credential=key:/home/ops/.ssh/ops\n\
         x web01.example.com (inv:5) port=2222 user=www credential=key:/home/ops/.ssh/ops environment=production web:true\n\
         x web02.example.com (inv:5) port=2222 user=www credential=key:/home/ops/.ssh/ops environment=production web:true\n\
         x web9 (inv:6) address=10.0.0.9 credential=key:/home/ops/.ssh/ops environment=production db_servers:true web:true\n\
         \x20   its user is not a name that can log in, and is left out\n\
         x db-a (inv:9) port=2200 user=postgres credential=key:/home/ops/.ssh/ops environment=development db_servers:true\n\
         x db-b (inv:9) port=2200 user=postgres credential=key:/home/ops/.ssh/ops db_servers:true\n",
    );
}

#[test]
fn children_win_over_parents_and_priorities_among_siblings() {
    ansible(
        "[a]\nh1\n[b]\nh1\n[top:children]\na\nb\n[top:vars]\nansible_user=top\nansible_port=1\n[a:vars]\n\
         ansible_user=a\nansible_group_priority=10\n[b:vars]\nansible_user=b\n[prod]\nh2\n[staging]\nh2\n[name]\nh3\n",
        "x h1 (inv:2) port=1 user=a a:true b:true top:true\n\
         - h2 (inv:17)\n    why not: it stands in groups of different environments: prod, staging\n\
         x h3 (inv:21) group-name:true\n",
    );
}

#[test]
fn yaml_with_nested_groups_vaults_and_templates() {
    ansible(
        r#"---
all:
  vars: &defaults
    ansible_user: ops
  hosts:
    mail:
  children:
    web:
      hosts:
        web[1:2]:
          ansible_host: "{{ inventory_hostname }}.example.com"
        web3:
          ansible_host: "{{ lookup('env', 'X') }}"
          ansible_user: !vault |
            $ANSIBLE_VAULT;1.1;AES256
            6162636465
          ansible_password: hunter2
      children:
        edge:
          vars:
            <<: *defaults
            ansible_port: 2022
            ansible_become_pass: !vault x
          hosts:
            edge1: {ansible_private_key_file: keys/edge, ansible_foo: [1, 2], app: {a: b}}
    prod: {hosts: {edge1: }}
  unknown: 1
"#,
        "x mail (inv:6) user=ops\n\
         x web1 (inv:10) address=web1.example.com user=ops web:true\n\
         x web2 (inv:10) address=web2.example.com user=ops web:true\n\
         - web3 (inv:12) web:true\n\
         \x20   why not: ansible_host is templated\n\
         \x20   ansible_user is vaulted\n\
         \x20   a password stands in the inventory (ansible_password): store it in the keychain\n\
         x edge1 (inv:25) port=2022 user=ops credential=key:/etc/ansible/keys/edge environment=production edge:true web:true\n\
         \x20   ansible_become_password is vaulted\n\
         \x20   not taken over: ansible_foo\n\
         note: inv:27: `unknown` of the group `all` is not used; a group has hosts, vars and children\n",
    );
}

#[test]
fn the_list_of_ansible_inventory() {
    ansible(
        r#"{
    "_meta": {"hostvars": {
        "web1": {"ansible_host": "10.0.0.1", "ansible_port": 2222, "ansible_user": {"__ansible_vault": "$ANSIBLE_VAULT;1.1\nx"}},
        "lonely": {"ansible_user": {"__ansible_unsafe": "me"}}}},
    "all": {"children": ["ungrouped", "web", "staging"]},
    "staging": {"children": ["web"]},
    "ungrouped": {"hosts": ["win1"], "vars": {"ansible_connection": "winrm"}},
    "web": {"hosts": ["web1", "web[2]"]},
    "old": ["web1"]
}"#,
        "x web1 (inv: old.web1) address=10.0.0.1 port=2222 environment=staging old:true web:true\n\
         \x20   ansible_user is vaulted\n\
         - win1 (inv: ungrouped.win1)\n\
         \x20   why not: Ansible reaches it by winrm, and this program by ssh\n\
         - web-2 of \"web[2]\" (inv: web.web[2]) environment=staging web:true\n\
         \x20   why not: its address is no IP address and no host name\n\
         - lonely (inv: _meta.hostvars.lonely) user=me\n\
         \x20   why not: Ansible reaches it by winrm, and this program by ssh\n",
    );
}

#[test]
fn how_hosts_are_reached() {
    ansible(
        r#"localhost ansible_connection=local
127.0.0.1
vagrant ansible_host=127.0.0.1 ansible_port=2200
box ansible_connection=community.docker.docker
win ansible_shell_type=powershell
a ansible_ssh_common_args='-J ops@bastion:2222,inner'
b ansible_ssh_common_args='-o ProxyCommand="ssh -q -p 2022 -W %h:%p ops@bastion"'
c ansible_ssh_common_args='-o ProxyCommand="nc -X 5 %h %p" -o StrictHostKeyChecking=no'
d ansible_ssh_extra_args="-o ProxyJump=bastion -qi ~/.ssh/d -oPort=2201 -l dora -A -L 1:2:3 -F ssh.cfg"
e ansible_ssh_common_args="-J {{ bastion }}"
f ansible_ssh_common_args='-J -oProxyCommand=evil'
g ansible_host=-oProxyCommand=evil ansible_user=-x
h ansible_ssh_extra_args='-o HostKeyAlias=key.example.com -o GSSAPIAuthentication=yes -o Foo=1' ansible_ssh_pass=x
i ansible_port=0 ansible_host="{{ ip }}"
j ansible_connection="{{ how }}" ansible_user=!vault
[::1]:2200 ansible_ssh_private_key="-----BEGIN"
"#,
        "- localhost (inv:1)\n\
         \x20   why not: Ansible runs it on this computer, which is an agent already\n\
         \x20   it is this computer, which is an agent already\n\
         - 127.0.0.1 (inv:2) address=127.0.0.1\n\
         \x20   why not: it is this computer, which is an agent already\n\
         x vagrant (inv:3) address=127.0.0.1 port=2200\n\
         - box (inv:4)\n\
         \x20   why not: Ansible reaches it by community.docker.docker, and this program by ssh\n\
         - win (inv:5)\n\
         \x20   why not: its shell is powershell, and only POSIX shells are spoken to\n\
         x a (inv:6) jump=ops@bastion:2222,inner\n\
         x b (inv:7) jump=ops@bastion:2022\n\
         x c (inv:8) openssh=ProxyCommand is set in ansible_ssh_common_args\n\
         \x20   StrictHostKeyChecking in ansible_ssh_common_args is not used: host keys are always checked\n\
         x d (inv:9) port=2201 user=dora credential=key:/home/ops/.ssh/d jump=bastion config=/etc/ansible/ssh.cfg\n\
         \x20   -A in ansible_ssh_extra_args is not used: the ssh-agent is never forwarded\n\
         \x20   -L in ansible_ssh_extra_args is not used\n\
         - e (inv:10)\n\
         \x20   why not: ansible_ssh_common_args is templated\n\
         - f (inv:11)\n\
         \x20   why not: the hosts in between are not written as ProxyJump writes them\n\
         - g (inv:12)\n\
         \x20   why not: its address is no IP address and no host name\n\
         \x20   its user is not a name that can log in, and is left out\n\
         x h (inv:13) key_alias=key.example.com openssh=GSSAPIAuthentication is set in ansible_ssh_extra_args\n\
         \x20   Foo in ansible_ssh_extra_args is not used\n\
         \x20   a password stands in the inventory (ansible_password): store it in the keychain\n\
         - i (inv:14)\n\
         \x20   why not: ansible_host is templated\n\
         \x20   ansible_port is no number from 1 to 65535\n\
         - j (inv:15)\n\
         \x20   why not: ansible_connection is templated\n\
         \x20   ansible_user is vaulted\n\
         x ip6-0-0-0-0-0-0-0-1 of \"::1\" (inv:16) address=::1 port=2200\n\
         \x20   a private key stands in the inventory (ansible_private_key): store it in the keychain\n",
    );
}

#[test]
fn what_is_no_inventory_says_where() {
    let deep = format!("all: {}", "{a: ".repeat(70));
    let laughs = format!(
        "a: &a0 [x,x,x,x,x,x,x,x,x,x]\n{}",
        (1..8)
            .map(|n| format!(
                "b{n}: &a{n} [{}]\n",
                vec![format!("*a{}", n - 1); 10].join(",")
            ))
            .collect::<String>()
    );
    let circle = "[a:children]\nb\n[b:children]\na\n";
    let chain: String = (0..150)
        .map(|n| format!("[g{n}:children]\ng{}\n", n + 1))
        .collect();
    let chain = format!("{chain}[g150]\nh\n");
    for (text, message) in [
        ("", "inv: it names no host."),
        ("# nothing\n", "inv: it names no host."),
        (
            "$ANSIBLE_VAULT;1.1;AES256\n61",
            "inv: the whole file is encrypted with ansible-vault.",
        ),
        ("[web\nh1\n", "inv:1:1: `[web` has no closing bracket."),
        ("[we b]\nh1\n", "inv:1:1: `we b` is no name for a group."),
        (
            "h1\n  [web:hots]\n",
            "inv:2:3: there are no sections of the kind `hots`.",
        ),
        (
            "h1 ansible_user='x\n",
            "inv:1:17: a quote is opened and not closed.",
        ),
        (
            "h1 secret words\n",
            "inv:1:1: behind a host's name stands something that is not name=value.",
        ),
        (
            "[web]\nansible_password=x\n",
            "inv:2:1: `ansible_password` stands where a host's name should.",
        ),
        (
            "[web:vars]\nport 1\n",
            "inv:2:1: `port 1` is not name=value.",
        ),
        (
            "[wbe:vars]\na=1\n[web]\nh\n",
            "inv:1: there is no group `wbe`.",
        ),
        ("[web:children]\ndb\n", "inv:2: there is no group `db`."),
        (circle, "inv: the group `a` is in a circle of groups."),
        (&chain, "inv: the group `g100` is in more than 100 groups."),
        ("web[1:3\n", "inv:1:1: `web[1:3`: the `[` has no `]`."),
        (
            "web[3:1]\n",
            "inv:1:1: `web[3:1]`: the range ends before it begins.",
        ),
        ("web[1:99999]\n", "inv: it holds more than 10000 hosts."),
        (
            "a[1:9000]\nb[1:9000]\n",
            "inv: it holds more than 10000 hosts.",
        ),
        (
            "all:\n  hosts:\n    - web1\n",
            "inv:2:3: the hosts of `all` are no map.",
        ),
        (
            "all:\n  hosts:\n    web1: 5\n",
            "inv:3:5: what stands below `web1` is no map.",
        ),
        (
            "all:\n  hosts:\n   web1:\n  x: [\n",
            "inv:4:6: this is not YAML: unclosed bracket '['.",
        ),
        (
            "all: 5\n",
            "inv:1:1: the group `all` is neither a map nor empty.",
        ),
        (
            "- hosts: all\n  tasks: []\n",
            "inv:1:1: a list is no inventory; a playbook perhaps.",
        ),
        (
            "plugin: amazon.aws.aws_ec2\n",
            "inv:1:1: this file configures an inventory plugin, which only Ansible can run.",
        ),
        (
            "all:\n---\nall:\n",
            "inv:2:1: a second document begins here.",
        ),
        (
            "all: &a\n  hosts: *a\n",
            "inv:2:10: this alias stands inside what it names.",
        ),
        (
            &deep,
            "inv:1:258: lists and maps are nested deeper than 64.",
        ),
        (&laughs, "inv:6:34: it holds too many values."),
        (
            "{\"all\": {\"hosts\": [}\n",
            "inv:1:20: this is not JSON: expected value.",
        ),
        (
            "{\"all\": {\"hosts\": [5, []]}}",
            "inv: the name of a host is no text.",
        ),
        ("{\"all\": {\"vars\": []}}", "inv: `vars` is no map."),
        (
            "\u{202e}[x:y]=\n",
            "inv:1:1: `<U+202E>[x:y]` stands where a host's name should.",
        ),
    ] {
        let shown = shown(Format::Ansible, text);
        assert!(shown.starts_with(message), "{text:?}\n{shown}{message}");
    }
}

#[test]
fn secrets_of_an_inventory_are_nowhere() {
    let secret = "hunter2-correct-horse";
    for name in [
        "ansible_password",
        "ansible_pass",
        "ansible_ssh_pass",
        "ansible_become_pass",
        "ansible_sudo_pass",
        "ansible_ssh_private_key",
        "ansible_private_key_passphrase",
        "app_password",
        "ansible_foo",
    ] {
        for text in [
            format!("h1 {name}={secret}\n"),
            format!("h1\n[all:vars]\n{name} = '{secret}'\n"),
            format!("all:\n  hosts:\n    h1:\n      {name}: {secret}\n"),
            format!("{{\"all\": {{\"hosts\": {{\"h1\": {{\"{name}\": \"{secret}\"}}}}}}}}"),
            format!("h1 {name}='{secret}\n"),
            format!("h1 x {name}={secret}\n"),
            format!("[all]\n{name}={secret}\n"),
        ] {
            let shown = shown(Format::Ansible, &text);
            assert!(!shown.contains("hunter2"), "{text}\n{shown}");
        }
    }
}

#[test]
fn ten_thousand_hosts_are_read_in_time() {
    let mut text = String::from("[web]\nweb[1:10000]\n");
    for group in 0..20 {
        text.push_str(&format!("[g{group}:children]\nweb\n"));
    }
    let started = std::time::Instant::now();
    let rows = shown(Format::Ansible, &text).lines().count();
    assert_eq!(rows, 10_000);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
