-- What a group is checked against, in the transaction that it is then kept in.
-- $1 ids; $2 [scope, reference]; $3 [pilot, table, key].
-- The first column says what a row is. CROSS JOIN keeps SQLite at asking the table's index for each that is asked for.
BEGIN IMMEDIATE;

SELECT 'record', e.id
FROM json_each($1) asked CROSS JOIN log_entries e
WHERE e.id = asked.value;

SELECT 'once', o.scope, o.reference, o.request_digest, o.response, o.seq
FROM json_each($2) asked CROSS JOIN once o
WHERE o.scope = asked.value ->> 0 AND o.reference = asked.value ->> 1;

SELECT 'row', r.pilot, r.tbl, r.key, r.version, length(r.value)
FROM json_each($3) asked CROSS JOIN pilot_rows r
WHERE r.pilot = asked.value ->> 0 AND r.tbl = asked.value ->> 1 AND r.key = asked.value ->> 2;
