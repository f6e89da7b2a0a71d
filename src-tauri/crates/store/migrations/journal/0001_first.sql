-- The journal, what it names, the views, and the operators. Applied in one transaction.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What has happened. Only ever appended to; each hash covers the row and the hash before it.
CREATE TABLE journal (
    seq     INTEGER PRIMARY KEY,
    run_id  TEXT    NOT NULL,
    run_seq INTEGER NOT NULL CHECK (run_seq > 0),
    at_us   INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    payload TEXT    NOT NULL,
    hash    BLOB    NOT NULL CHECK (length(hash) = 32),
    UNIQUE (run_id, run_seq)
) STRICT;

CREATE TRIGGER journal_is_not_updated BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

CREATE TRIGGER journal_is_not_deleted BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

-- Also keeps INSERT OR REPLACE from replacing a row.
CREATE TRIGGER journal_is_only_appended BEFORE INSERT ON journal
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM journal)
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

-- Content-addressed: the definitions that runs are pinned to, and big values.
CREATE TABLE definitions (
    digest     BLOB PRIMARY KEY CHECK (length(digest) = 32),
    text       TEXT    NOT NULL,
    model      TEXT    NOT NULL,
    created_us INTEGER NOT NULL
) STRICT;

CREATE TABLE blobs (
    sha256     BLOB PRIMARY KEY CHECK (length(sha256) = 32),
    body       BLOB    NOT NULL,
    created_us INTEGER NOT NULL
) STRICT;

-- Views: rebuilt from the journal to the same bytes.
CREATE TABLE runs (
    run_id     TEXT PRIMARY KEY,
    summary    TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    definition TEXT    NOT NULL,
    started_us INTEGER NOT NULL,
    ended_us   INTEGER,
    owes       INTEGER NOT NULL CHECK (owes IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX runs_by_start ON runs (started_us, run_id);
CREATE INDEX runs_that_owe ON runs (run_id) WHERE owes = 1;

CREATE TABLE gates (
    run_id    TEXT    NOT NULL REFERENCES runs (run_id) ON DELETE CASCADE,
    gate      TEXT    NOT NULL,
    revision  INTEGER NOT NULL,
    digest    TEXT    NOT NULL,
    title     TEXT    NOT NULL,
    opened_us INTEGER NOT NULL,
    PRIMARY KEY (run_id, gate)
) STRICT, WITHOUT ROWID;

CREATE TABLE timers (
    run_id TEXT    NOT NULL REFERENCES runs (run_id) ON DELETE CASCADE,
    timer  TEXT    NOT NULL,
    due_us INTEGER NOT NULL,
    PRIMARY KEY (run_id, timer)
) STRICT, WITHOUT ROWID;
CREATE INDEX timers_by_due ON timers (due_us);

-- Who may decide. Of a token only its hash is kept.
CREATE TABLE operators (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT    NOT NULL,
    roles      TEXT    NOT NULL,
    token_hash BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    created_us INTEGER NOT NULL,
    revoked_us INTEGER
) STRICT;
