-- Instants are microseconds UTC, days are yyyymmdd, ids and digests are text as their types print them.
-- Nothing here is queried inside JSON; nothing here reads a clock.

-- The log: an entry is never changed or removed. `seq` counts from 0 and has no gaps.
CREATE TABLE log_entries (
    seq   INTEGER PRIMARY KEY,
    id    TEXT    NOT NULL UNIQUE,
    at    INTEGER NOT NULL,
    pilot TEXT,
    body  BLOB    NOT NULL
) STRICT;
CREATE INDEX log_entries_by_pilot ON log_entries (pilot, seq) WHERE pilot IS NOT NULL;

-- Hashes of complete subtrees.
CREATE TABLE log_nodes (
    level INTEGER NOT NULL,
    idx   INTEGER NOT NULL,
    hash  BLOB    NOT NULL,
    PRIMARY KEY (level, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE log_checkpoints (
    size INTEGER PRIMARY KEY,
    note TEXT    NOT NULL,
    at   INTEGER NOT NULL
) STRICT;

-- What a replay needs, beside the log. Without its key the ciphertext is noise, and is dropped with it.
CREATE TABLE sealed (
    seq         INTEGER PRIMARY KEY,
    ciphertext  BLOB    NOT NULL,
    wrapped_key BLOB,
    keep_until  INTEGER NOT NULL
) STRICT;
CREATE INDEX sealed_by_keep_until ON sealed (keep_until) WHERE wrapped_key IS NOT NULL;

-- What a caller's reference was answered.
CREATE TABLE once (
    scope          TEXT    NOT NULL,
    reference      TEXT    NOT NULL,
    request_digest BLOB    NOT NULL,
    response       BLOB    NOT NULL,
    seq            INTEGER NOT NULL,
    keep_until     INTEGER NOT NULL,
    PRIMARY KEY (scope, reference)
) STRICT;
CREATE INDEX once_by_keep_until ON once (keep_until);

-- The pilots' own tables.
CREATE TABLE pilot_rows (
    pilot      TEXT    NOT NULL,
    tbl        TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    value      BLOB    NOT NULL,
    keep_until INTEGER,
    PRIMARY KEY (pilot, tbl, key)
) STRICT;
CREATE INDEX pilot_rows_by_keep_until ON pilot_rows (keep_until) WHERE keep_until IS NOT NULL;

CREATE TABLE row_indexes (
    pilot TEXT NOT NULL,
    tbl   TEXT NOT NULL,
    name  TEXT NOT NULL,
    value TEXT NOT NULL,
    key   TEXT NOT NULL,
    PRIMARY KEY (pilot, tbl, name, value, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX row_indexes_by_key ON row_indexes (pilot, tbl, key);

-- How much a pilot keeps, so that its quota costs one read and no count.
CREATE TABLE row_usage (
    pilot     TEXT    NOT NULL PRIMARY KEY,
    row_count INTEGER NOT NULL,
    bytes     INTEGER NOT NULL
) STRICT;

CREATE TABLE counters (
    pilot TEXT    NOT NULL,
    tbl   TEXT    NOT NULL,
    key   TEXT    NOT NULL,
    n     INTEGER NOT NULL,
    PRIMARY KEY (pilot, tbl, key)
) STRICT, WITHOUT ROWID;

-- Effects on their way out, each once by its natural key.
CREATE TABLE outbox (
    key        TEXT    NOT NULL PRIMARY KEY,
    seq        INTEGER NOT NULL,
    pilot      TEXT    NOT NULL,
    capability TEXT    NOT NULL,
    function   TEXT    NOT NULL,
    payload    BLOB    NOT NULL,
    state      TEXT    NOT NULL,
    attempts   INTEGER NOT NULL,
    next_at    INTEGER NOT NULL,
    last_code  TEXT,
    settled_at INTEGER
) STRICT;
CREATE INDEX outbox_due ON outbox (next_at, key) WHERE state IN ('queued', 'sent');
CREATE INDEX outbox_by_pilot ON outbox (pilot, seq, key);
CREATE INDEX outbox_settled ON outbox (settled_at) WHERE settled_at IS NOT NULL AND length(payload) > 0;

CREATE TABLE indicators (
    pilot          TEXT    NOT NULL,
    indicator      TEXT    NOT NULL,
    day            INTEGER NOT NULL,
    unit           TEXT    NOT NULL,
    facility_class TEXT    NOT NULL,
    dims           TEXT    NOT NULL,
    n              INTEGER NOT NULL,
    PRIMARY KEY (pilot, indicator, day, unit, facility_class, dims)
) STRICT, WITHOUT ROWID;

-- Governance.
CREATE TABLE pilots (
    pilot    TEXT    NOT NULL PRIMARY KEY,
    version  TEXT    NOT NULL,
    package  TEXT    NOT NULL,
    state    TEXT    NOT NULL,
    body     TEXT    NOT NULL,
    revision INTEGER NOT NULL,
    at       INTEGER NOT NULL
) STRICT;

CREATE TABLE packages (
    pilot   TEXT    NOT NULL,
    version TEXT    NOT NULL,
    digest  TEXT    NOT NULL,
    vendor  TEXT    NOT NULL,
    body    TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (pilot, version)
) STRICT;

CREATE TABLE grants (
    id         TEXT    NOT NULL PRIMARY KEY,
    pilot      TEXT    NOT NULL,
    capability TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    revision   INTEGER NOT NULL,
    at         INTEGER NOT NULL
) STRICT;
CREATE INDEX grants_by_pilot ON grants (pilot, id);

-- Every revision of a pilot's settings stays.
CREATE TABLE settings (
    pilot      TEXT    NOT NULL,
    revision   INTEGER NOT NULL,
    body       TEXT    NOT NULL,
    changed_by TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (pilot, revision)
) STRICT;

CREATE TABLE credentials (
    id       TEXT    NOT NULL PRIMARY KEY,
    kind     TEXT    NOT NULL,
    role     TEXT    NOT NULL,
    unit     TEXT    NOT NULL,
    facility TEXT,
    hash     TEXT    NOT NULL,
    body     TEXT    NOT NULL,
    created  INTEGER NOT NULL,
    revoked  INTEGER
) STRICT;

CREATE TABLE vendor_keys (
    id         TEXT    NOT NULL PRIMARY KEY,
    vendor     TEXT    NOT NULL,
    public_key BLOB    NOT NULL,
    valid_from INTEGER NOT NULL,
    valid_to   INTEGER NOT NULL,
    revoked    INTEGER
) STRICT;

-- What hinders a pilot in a unit, until it is resolved.
CREATE TABLE obstacles (
    pilot    TEXT    NOT NULL,
    unit     TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    text_key TEXT    NOT NULL,
    raised   INTEGER NOT NULL,
    resolved INTEGER,
    PRIMARY KEY (pilot, unit, kind)
) STRICT;

CREATE TABLE series (
    pilot TEXT    NOT NULL,
    name  TEXT    NOT NULL,
    as_of TEXT    NOT NULL,
    base  TEXT    NOT NULL,
    board TEXT    NOT NULL,
    body  TEXT    NOT NULL,
    at    INTEGER NOT NULL,
    PRIMARY KEY (pilot, name, as_of, base)
) STRICT;

-- The latest due tick that was run, so that none runs twice.
CREATE TABLE schedule_runs (
    pilot TEXT    NOT NULL,
    tick  TEXT    NOT NULL,
    due   INTEGER NOT NULL,
    at    INTEGER NOT NULL,
    PRIMARY KEY (pilot, tick)
) STRICT;

CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
