-- Rows of pilots, with their index values and their sum.

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
