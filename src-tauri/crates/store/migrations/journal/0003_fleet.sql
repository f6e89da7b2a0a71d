-- Views: the fleet's home (semantics.md 18), written with the record that changes it and rebuilt from the journal.
CREATE TABLE agents (
    agent_id      TEXT    NOT NULL COLLATE NOCASE PRIMARY KEY,
    body          TEXT    NOT NULL,
    registered_us INTEGER NOT NULL,
    changed_us    INTEGER NOT NULL,
    run_id        TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE host_keys (
    host       TEXT    NOT NULL COLLATE NOCASE,
    port       INTEGER NOT NULL CHECK (port BETWEEN 1 AND 65535),
    key        TEXT    NOT NULL,
    trusted_us INTEGER NOT NULL,
    run_id     TEXT    NOT NULL,
    PRIMARY KEY (host, port, key)
) STRICT, WITHOUT ROWID;
