-- Log chunks by call and byte offset, and a full-text index over them. Applied in one transaction.

CREATE TABLE chunks (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id      TEXT    NOT NULL,
    call        BLOB    NOT NULL CHECK (length(call) = 32),
    from_offset INTEGER NOT NULL CHECK (from_offset >= 0),
    end_offset  INTEGER NOT NULL,
    at_us       INTEGER NOT NULL,
    body        BLOB    NOT NULL CHECK (length(body) = end_offset - from_offset AND length(body) > 0),
    UNIQUE (call, from_offset)
) STRICT;
CREATE INDEX chunks_by_time ON chunks (at_us);

-- run and call are indexed as words too, so that a filter is an intersection of posting lists.
-- The text itself is only in chunks.
CREATE VIRTUAL TABLE words USING fts5 (run, call, text, content = '', contentless_delete = 1, tokenize = 'unicode61');
