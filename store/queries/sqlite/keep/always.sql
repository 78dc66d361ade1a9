-- What every group leaves. Parameters are numbered over all files of this folder.
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
