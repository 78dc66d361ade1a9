-- All that a group leaves, and its end: one text, so that the database is asked once.
-- Each list is a JSON array of arrays. Bytes stand in one value beside their list, as (place, length) counted from 1.

-- $1 [seq, id, at, pilot or null, body place, length]; $2 bodies
INSERT INTO log_entries (seq, id, at, pilot, body)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, substr($2, value ->> 4, value ->> 5)
FROM jsonb_each($1);

-- $3 [level, index, hash place, length]; $4 hashes
INSERT INTO log_nodes (level, idx, hash)
SELECT value ->> 0, value ->> 1, substr($4, value ->> 2, value ->> 3)
FROM jsonb_each($3);

-- $5 [seq, ciphertext place, length, wrapped key place, length, keep until]; $6 both
INSERT INTO sealed (seq, ciphertext, wrapped_key, keep_until)
SELECT value ->> 0, substr($6, value ->> 1, value ->> 2), substr($6, value ->> 3, value ->> 4), value ->> 5
FROM jsonb_each($5);

-- $7 [seq, key place, length, digest place, length, response place, length, keep until]; $8 all three
INSERT INTO answers (seq, key, request_digest, response, keep_until)
SELECT value ->> 0, substr($8, value ->> 1, value ->> 2), substr($8, value ->> 3, value ->> 4),
       substr($8, value ->> 5, value ->> 6), value ->> 7
FROM jsonb_each($7);

-- $9 [key, seq, pilot, capability, function, payload place, length, due]; $10 payloads.
-- A known key was queued before: at least once to the provider, exactly once in effect.
INSERT INTO outbox (key, seq, pilot, capability, function, payload, state, attempts, next_at)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, substr($10, value ->> 5, value ->> 6),
       'queued', 0, value ->> 7
FROM jsonb_each($9)
WHERE true
ON CONFLICT (key) DO NOTHING;

-- $11 [pilot, table, key] of stored rows that change: their index values are written anew.
DELETE FROM row_indexes
WHERE (pilot, tbl, key) IN (SELECT value ->> 0, value ->> 1, value ->> 2 FROM jsonb_each($11));

-- $12 [pilot, table, key] of stored rows that go
DELETE FROM pilot_rows
WHERE (pilot, tbl, key) IN (SELECT value ->> 0, value ->> 1, value ->> 2 FROM jsonb_each($12));

-- $13 [pilot, table, key, version, value place, length, keep until or null]; $14 values
INSERT INTO pilot_rows (pilot, tbl, key, version, value, keep_until)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, substr($14, value ->> 4, value ->> 5), value ->> 6
FROM jsonb_each($13)
WHERE true
ON CONFLICT (pilot, tbl, key) DO UPDATE
SET version = excluded.version, value = excluded.value, keep_until = excluded.keep_until;

-- $15 [pilot, table, index, value, key]
INSERT INTO row_indexes (pilot, tbl, name, value, key)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
FROM jsonb_each($15);

-- $16 [pilot, rows more, bytes more]
INSERT INTO row_usage (pilot, row_count, bytes)
SELECT value ->> 0, value ->> 1, value ->> 2
FROM jsonb_each($16)
WHERE true
ON CONFLICT (pilot) DO UPDATE
SET row_count = row_usage.row_count + excluded.row_count, bytes = row_usage.bytes + excluded.bytes;

-- $17 [pilot, table, key, step]. No sum passes 10^18 either way: `counters::CAP`.
INSERT INTO counters (pilot, tbl, key, n)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3
FROM jsonb_each($17)
WHERE true
ON CONFLICT (pilot, tbl, key) DO UPDATE
SET n = max(-1000000000000000000, min(1000000000000000000, counters.n + excluded.n));

-- $18 [pilot, indicator, day, unit, facility class, dimensions, step]
INSERT INTO indicators (pilot, indicator, day, unit, facility_class, dims, n)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
FROM jsonb_each($18)
WHERE true
ON CONFLICT (pilot, indicator, day, unit, facility_class, dims) DO UPDATE
SET n = max(-1000000000000000000, min(1000000000000000000, indicators.n + excluded.n));

-- $19 [size, note, at]: one checkpoint over all, or none where the log did not grow
INSERT INTO log_checkpoints (size, note, at)
SELECT value ->> 0, value ->> 1, value ->> 2
FROM jsonb_each($19);

-- $20 [key in hex, seq] of answers whose keys waited; some may be there already, from before a crash.
INSERT INTO answer_keys (key, seq)
SELECT unhex(value ->> 0), value ->> 1
FROM jsonb_each($20)
WHERE true
ON CONFLICT (key) DO UPDATE SET seq = excluded.seq;

-- $21 the place before which all keys are in, or none where that stays as it is.
UPDATE answer_keys_until
SET seq = asked.value
FROM jsonb_each($21) asked;

COMMIT;
