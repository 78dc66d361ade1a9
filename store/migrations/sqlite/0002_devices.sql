-- Devices of facilities, by their public key: its id is the device's. A device that was revoked never comes back.
CREATE TABLE devices (
    id         TEXT    NOT NULL PRIMARY KEY,
    class      TEXT    NOT NULL,
    role       TEXT    NOT NULL,
    unit       TEXT    NOT NULL,
    facility   TEXT    NOT NULL,
    public_key BLOB    NOT NULL,
    enrolled   INTEGER NOT NULL,
    revoked    INTEGER,
    seen       INTEGER,
    skew       INTEGER
) STRICT;
