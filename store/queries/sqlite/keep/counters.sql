-- Counters of pilots.

-- $17 [pilot, table, key, step]. No sum passes 10^18 either way: `counters::CAP`.
INSERT INTO counters (pilot, tbl, key, n)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3
FROM jsonb_each($17)
WHERE true
ON CONFLICT (pilot, tbl, key) DO UPDATE
SET n = max(-1000000000000000000, min(1000000000000000000, counters.n + excluded.n));
