-- The last time an agent did not answer: how it is now is not known then, whatever its last snapshot says.
CREATE TABLE misses (
    agent_id TEXT    PRIMARY KEY,
    at_us    INTEGER NOT NULL,
    why      TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
