-- What callers' references were answered, in the order of the calls. What stands in `once_before` is moved by the program,
-- which alone can make its keys.
ALTER TABLE once RENAME TO once_before;

CREATE TABLE answers (
    seq            INTEGER PRIMARY KEY,
    key            BLOB    NOT NULL,
    request_digest BLOB    NOT NULL,
    response       BLOB    NOT NULL,
    keep_until     INTEGER NOT NULL
) STRICT;
CREATE INDEX answers_by_keep_until ON answers (keep_until);

-- Where the answer to a reference stands, by a digest of the reference. Digests come in no order, so that each would dirty a
-- page of its own: they are entered many at a time, in order, and the newest are not here yet.
CREATE TABLE answer_keys (
    key BLOB    NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- All answers before this place are in `answer_keys`: one row.
CREATE TABLE answer_keys_until (
    seq INTEGER NOT NULL
) STRICT;
INSERT INTO answer_keys_until (seq) VALUES (0);
