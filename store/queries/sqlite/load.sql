-- What a group is checked against, in the transaction that it is then kept in.
-- $1 ids; $2 keys of references in hex; $3 places of answers whose keys wait in memory; $4 [pilot, table, key];
-- $5 keys of effects.
-- The first column says what a row is. CROSS JOIN keeps SQLite at asking the table's index for each that is asked for.
BEGIN IMMEDIATE;

SELECT 'record', e.id, NULL, NULL, NULL, NULL
FROM jsonb_each($1) asked CROSS JOIN log_entries e
WHERE e.id = asked.value

UNION ALL

SELECT 'answer', a.key, a.request_digest, a.response, a.seq, NULL
FROM jsonb_each($2) asked CROSS JOIN answer_keys k CROSS JOIN answers a
WHERE k.key = unhex(asked.value) AND a.seq = k.seq

UNION ALL

SELECT 'answer', a.key, a.request_digest, a.response, a.seq, NULL
FROM jsonb_each($3) asked CROSS JOIN answers a
WHERE a.seq = asked.value

UNION ALL

SELECT 'row', r.pilot, r.tbl, r.key, r.version, length(r.value)
FROM jsonb_each($4) asked CROSS JOIN pilot_rows r
WHERE r.pilot = asked.value ->> 0 AND r.tbl = asked.value ->> 1 AND r.key = asked.value ->> 2

UNION ALL

SELECT 'effect', o.key, coalesce(o.digest, x''), NULL, NULL, NULL
FROM jsonb_each($5) asked CROSS JOIN outbox o
WHERE o.key = asked.value;
