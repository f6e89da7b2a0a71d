//! CSV, JSON and pasted lists.

use super::*;

#[test]
fn a_table() {
    check(
        Format::Csv,
        "Name,address,Port,user,credential,jump,environment,labels,label.Role\r\n\
         web_1,10.0.0.1,2222,deploy,keychain:ssh/web,ops@bastion,production,\"rack=a;spot\",web\r\n\
         \r\n\
         \"db-1\",\"db-1.example.com\",,,,,,,\r\n\
         gw,fe80::1%eth0,22,,ssh:agent,,,,\r\n",
        "x web-1 of \"web_1\" (inv:2) address=10.0.0.1 port=2222 user=deploy credential=keychain:ssh/web jump=ops@bastion environment=production Role:web rack:a spot:true\n\
         x db-1 (inv:4) address=db-1.example.com\n\
         x gw (inv:5) address=fe80::1%eth0 port=22 credential=ssh:agent\n",
    );
    check(
        Format::Csv,
        "hostname;address\nweb1;10.0.0.1\nWEB-1;10.0.0.2\nweb_1;10.0.0.3\n",
        "x web1 (inv:2) address=10.0.0.1\n\
         x web-1 of \"WEB-1\" (inv:3) address=10.0.0.2\n\
         x web-1-2 of \"web_1\" (inv:4) address=10.0.0.3\n\
         \x20   another host has the name web-1 here, so this one is web-1-2\n",
    );
    check(
        Format::Csv,
        "name\nlocalhost\n",
        "- localhost (inv:2)\n    why not: it is this computer, which is an agent already\n",
    );
    check(
        Format::Csv,
        "name\tuser\nweb1\tme\n",
        "x web1 (inv:2) user=me\n",
    );
}

#[test]
fn a_wrong_table_says_where() {
    let many: String = std::iter::once("name\n".to_owned())
        .chain((0..10_001).map(|n| format!("h{n}\n")))
        .collect();
    for (text, message) in [
        ("", "inv: it is empty."),
        (
            "name,colour\nweb1,red\n",
            "inv:1: there is no column `colour`.",
        ),
        (
            "name,password\nweb1,hunter2\n",
            "inv:1: the column `password` would hold secrets.",
        ),
        (
            "address\n10.0.0.1\n",
            "inv:1: one column must be name (or hostname, not both).",
        ),
        (
            "name,name\nweb1,x\n",
            "inv:1: the column `name` stands there twice.",
        ),
        (
            "name,label.-x\nweb1,x\n",
            "inv:1: `-x` is not a name that a label may have.",
        ),
        (
            "name,label.state\nweb1,x\n",
            "inv:1: `state` is not a name that a label may have.",
        ),
        (
            "name,port\nweb1,22\nweb2,99999\n",
            "inv:3: the port `99999` is not a number from 1 to 65535.",
        ),
        (
            "name,port\nweb1,22,x\n",
            "inv:2: this row has 3 fields and the first row 2.",
        ),
        ("name,address\n,10.0.0.1\n", "inv:2: the name is missing."),
        (
            "name,address\nweb1,-oProxyCommand=x\n",
            "inv:2: the address `-oProxyCommand=x` is no IP address and no host name.",
        ),
        (
            "name\nweb 1\n",
            "inv:2: `web 1` has no address and cannot be one itself.",
        ),
        (
            "name,user\nweb1,a b\n",
            "inv:2: the user `a b` is not a name that can log in.",
        ),
        ("name,jump\nweb1,-x\n", "inv:2: `-x` is not a jump host."),
        (
            "name,credential\nweb1,hunter2\n",
            "inv:2: the credential is not the name of one.",
        ),
        (
            "name,environment\nweb1,my prod\n",
            "inv:2: the environment `my prod` is not one word.",
        ),
        (
            "name,labels\nweb1,a b=c\n",
            "inv:2: `a b` is not a name that a label may have.",
        ),
        (
            "name,labels\nweb1,a=b c\n",
            "inv:2: the label `a` may not hold `b c`.",
        ),
        (
            "name\nweb1\n\"a\nb\"\nWEB1\n",
            "inv:3: `a<U+000A>b` has no address and cannot be one itself.",
        ),
        (
            "name\nweb1\nWEB1\n",
            "inv:3: `WEB1` stands at line 2 already.",
        ),
        (&many, "inv: it holds more than 10000 hosts."),
    ] {
        check(Format::Csv, text, &format!("{message}\n"));
    }
}

#[test]
fn a_list_of_objects() {
    check(
        Format::Json,
        r#"[{"name": "web_1", "address": "10.0.0.1", "port": 2222, "user": "me", "credential": "key:/k", "labels": {"a": "b"}},
            {"hostname": "db1", "environment": "staging", "jump": "bastion"}]"#,
        "x web-1 of \"web_1\" (inv: item 1) address=10.0.0.1 port=2222 user=me credential=key:/k a:b\n\
         x db1 (inv: item 2) jump=bastion environment=staging\n",
    );
    for (text, message) in [
        ("", "inv:1:0: EOF while parsing a value."),
        ("{}", "inv:1:0: invalid type: map, expected a sequence."),
        (
            "[{\"name\": \"a\", \"colour\": 1}]",
            "inv:1:23: unknown field `colour`, expected one of `hostname`, `name`, `address`, `port`, `user`, `credential`, `jump`, `environment`, `labels`.",
        ),
        (
            "[{\"address\": \"a\"}]",
            "inv: item 1: the name is missing.",
        ),
        (
            "[{\"name\": \"a\"},\n{\"name\": \"A\"}]",
            "inv: item 2: `A` stands there twice.",
        ),
        (
            "[{\"name\": \"a\", \"port\": 70000}]",
            "inv: item 1: the port 70000 is not a number from 1 to 65535.",
        ),
        (
            "[{\"name\": \"a\", \"credential\": \"hunter2\"}]",
            "inv: item 1: the credential is not the name of one.",
        ),
        (
            "[{\"name\": \"a\",\n \"labels\": {\"a\": 1}}]",
            "inv:2:18: invalid type: integer `1`, expected a string.",
        ),
    ] {
        check(Format::Json, text, &format!("{message}\n"));
    }
}

#[test]
fn a_pasted_list() {
    check(
        Format::Pasted,
        "# ours\nweb1, root@web2:2222 web3 # the third\nnode[01-02,9];  ssh://me@gw/\n[::1]:2200\n2001:db8::5 web1\n\
         me@db[1-2].example.com:22\n",
        "x web1 (inv:2)\n\
         x web2 (inv:2) port=2222 user=root\n\
         x web3 (inv:2)\n\
         x node01 (inv:3)\n\
         x node02 (inv:3)\n\
         x node9 (inv:3)\n\
         x gw (inv:3) user=me\n\
         x ip6-0-0-0-0-0-0-0-1 of \"::1\" (inv:4) address=::1 port=2200\n\
         x ip6-2001-db8-0-0-0-0-0-5 of \"2001:db8::5\" (inv:5) address=2001:db8::5\n\
         x db1.example.com (inv:6) port=22 user=me\n\
         x db2.example.com (inv:6) port=22 user=me\n",
    );
    for (text, message) in [
        ("", "inv: it names no host."),
        ("web1\n  web2:99999\n", "inv:2:3: `web2:99999` is no host."),
        (
            "web1 -oProxyCommand=x",
            "inv:1:6: `-oProxyCommand=x` is no host.",
        ),
        ("me@-x", "inv:1:1: `me@-x` is no host."),
        (
            "node[5-1]",
            "inv:1:1: `node[5-1]` names no hosts: the range ends before it begins.",
        ),
        (
            "node[1-3",
            "inv:1:1: `node[1-3` names no hosts: the `[` has no `]`.",
        ),
        (
            "a[0-9999],b[0-9999]",
            "inv: it holds more than 10000 hosts.",
        ),
        ("web1 \u{202e}x", "inv:1:6: `<U+202E>x` is no host."),
    ] {
        check(Format::Pasted, text, &format!("{message}\n"));
    }
}
