-- Signed heads of the chain: a signature covers its record and, through the hashes, every record before it; through
-- `previous`, the digest of the signature before it, every earlier signature, too.

CREATE TABLE signatures (
    seq        INTEGER PRIMARY KEY,
    hash       BLOB    NOT NULL CHECK (length(hash) = 32),
    public_key BLOB    NOT NULL CHECK (length(public_key) = 32),
    previous   BLOB    NOT NULL CHECK (length(previous) = 32),
    signature  BLOB    NOT NULL CHECK (length(signature) = 64),
    -- The time of the record.
    at_us      INTEGER NOT NULL
) STRICT;

CREATE TRIGGER signatures_are_not_updated BEFORE UPDATE ON signatures
BEGIN SELECT RAISE(ABORT, 'signatures are append-only'); END;

CREATE TRIGGER signatures_are_not_deleted BEFORE DELETE ON signatures
BEGIN SELECT RAISE(ABORT, 'signatures are append-only'); END;

-- Also keeps INSERT OR REPLACE from replacing a row.
CREATE TRIGGER signatures_are_only_appended BEFORE INSERT ON signatures
WHEN NEW.seq <= (SELECT coalesce(max(seq), 0) FROM signatures)
  OR NEW.hash IS NOT (SELECT hash FROM journal WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'signatures are append-only'); END;
