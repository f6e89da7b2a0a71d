-- Views: what the history is searched by, and what was asked and answered at gates. Written with the records they come
-- from and rebuilt from the journal. What a journal holds already is filled in by the program (schema.rs).

-- What a run is found by: its words are the parts of its row in small letters. In the order in which runs are listed,
-- and narrow, so that a search can look at every run.
CREATE TABLE history (
    run_id     TEXT    NOT NULL UNIQUE,
    started_us INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    workflow   TEXT    NOT NULL,
    words      TEXT    NOT NULL,
    PRIMARY KEY (started_us, run_id)
) STRICT, WITHOUT ROWID;

-- A row for each card that was shown; an answer has the place of its record. A card that was withdrawn has no row.
CREATE TABLE decisions (
    opened_seq INTEGER PRIMARY KEY,
    run_id     TEXT    NOT NULL,
    gate       TEXT    NOT NULL,
    revision   INTEGER NOT NULL,
    question   TEXT    NOT NULL,
    opened_us  INTEGER NOT NULL,
    seq        INTEGER UNIQUE,
    answer     TEXT,
    words      TEXT,
    actor      TEXT,
    at_us      INTEGER
) STRICT;
CREATE INDEX questions_without_answer ON decisions (run_id, gate) WHERE seq IS NULL;
