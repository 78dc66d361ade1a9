-- How often pilots used what they were granted, folded from the log: the call itself (no name), and each name it asked for.
CREATE TABLE used (
    pilot    TEXT    NOT NULL,
    function TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    n        INTEGER NOT NULL,
    PRIMARY KEY (pilot, function, name)
) STRICT, WITHOUT ROWID;

-- How many entries of the log are folded: one row, moved on in the transaction that writes their sums.
CREATE TABLE used_until (
    entries INTEGER NOT NULL
) STRICT;
INSERT INTO used_until (entries) VALUES (0);
