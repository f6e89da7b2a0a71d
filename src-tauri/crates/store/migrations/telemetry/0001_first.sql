-- What was measured on agents: snapshots as they came, and single points. Applied in one transaction.

CREATE TABLE snapshots (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    agent_id TEXT    NOT NULL,
    at_us    INTEGER NOT NULL,
    body     TEXT    NOT NULL
) STRICT;
CREATE INDEX snapshots_by_agent ON snapshots (agent_id, at_us, id);
CREATE INDEX snapshots_by_time ON snapshots (at_us);

CREATE TABLE points (
    name     TEXT    NOT NULL,
    agent_id TEXT    NOT NULL,
    at_us    INTEGER NOT NULL,
    unit     TEXT    NOT NULL,
    value    REAL    NOT NULL,
    PRIMARY KEY (name, agent_id, at_us)
) STRICT, WITHOUT ROWID;
CREATE INDEX points_by_time ON points (at_us);
