-- Keys are tuples: inside a part `~` is written `~0` and `/` is written `~1`. What is queued leaves under the key that it has; rows of the
-- host's own move to theirs.

-- What tells the same effect from another one under the same key; none where it was queued before this.
ALTER TABLE outbox ADD COLUMN digest BLOB;

-- Stays: from facility and reference to pilot, facility and reference.
CREATE TEMP TABLE moved (pilot TEXT NOT NULL, tbl TEXT NOT NULL, old TEXT NOT NULL, new TEXT NOT NULL, PRIMARY KEY (pilot, tbl, old));
INSERT INTO moved
SELECT pilot, tbl, key,
       (stay ->> 'pilot') || '/'
       || replace(replace(stay ->> 'facility', '~', '~0'), '/', '~1') || '/'
       || replace(replace(stay ->> 'reference', '~', '~0'), '/', '~1')
FROM (SELECT pilot, tbl, key, CAST(value AS TEXT) AS stay FROM pilot_rows WHERE pilot = 'host.lodging' AND tbl = 'stays')
WHERE json_valid(stay);

-- Alerts: a subject may have had a `/`; a kind and a window never had.
INSERT INTO moved
SELECT pilot, tbl, key,
       (alert ->> 'pilot') || '/' || substr(reference, 1, first) || replace(replace(substr(reference, first + 1, last - first - 1), '~', '~0'), '/', '~1')
       || substr(reference, last)
FROM (
    SELECT pilot, tbl, key, alert, reference, instr(reference, '/') AS first,
           length(rtrim(reference, replace(reference, '/', ''))) AS last
    FROM (
        SELECT pilot, tbl, key, CAST(value AS TEXT) AS alert, CAST(value AS TEXT) ->> 'reference' AS reference
        FROM pilot_rows
        WHERE pilot = 'host.alerts' AND tbl = 'alerts' AND json_valid(CAST(value AS TEXT))
    )
)
WHERE last > first;

-- Messages: an occasion may have had one.
INSERT INTO moved
SELECT pilot, tbl, key, substr(key, 1, before) || replace(replace(substr(key, before + 1), '~', '~0'), '/', '~1')
FROM (
    SELECT pilot, tbl, key,
           length(message ->> 'pilot') + length(message ->> 'template') + length(message ->> 'recipient') + 3 AS before
    FROM (
        SELECT pilot, tbl, key, CAST(value AS TEXT) AS message FROM pilot_rows
        WHERE pilot = 'host.messaging' AND tbl = 'messages'
    )
    WHERE json_valid(message)
);

DELETE FROM moved WHERE old = new;

UPDATE pilot_rows SET key = moved.new FROM moved
WHERE pilot_rows.pilot = moved.pilot AND pilot_rows.tbl = moved.tbl AND pilot_rows.key = moved.old;
UPDATE row_indexes SET key = moved.new FROM moved
WHERE row_indexes.pilot = moved.pilot AND row_indexes.tbl = moved.tbl AND row_indexes.key = moved.old;
DROP TABLE moved;

-- A facility's open stays stand by pilot, and those that wait for the desk by when the law wants them there.
UPDATE row_indexes SET value = row_indexes.value || '/' || (CAST(stays.value AS TEXT) ->> 'pilot') || '/'
FROM pilot_rows stays
WHERE row_indexes.pilot = 'host.lodging' AND row_indexes.tbl = 'stays' AND row_indexes.name = 'open'
  AND stays.pilot = row_indexes.pilot AND stays.tbl = row_indexes.tbl AND stays.key = row_indexes.key
  AND json_valid(CAST(stays.value AS TEXT));
INSERT INTO row_indexes (pilot, tbl, name, value, key)
SELECT pilot, tbl, 'waiting', printf('%020d', stay ->> 'due'), key
FROM (SELECT pilot, tbl, key, CAST(value AS TEXT) AS stay FROM pilot_rows WHERE pilot = 'host.lodging' AND tbl = 'stays')
WHERE json_valid(stay) AND stay ->> 'state' = 'queued';

UPDATE row_usage SET bytes = (
    SELECT coalesce(sum(length(CAST(key AS BLOB)) + length(value)), 0) FROM pilot_rows WHERE pilot_rows.pilot = row_usage.pilot
)
WHERE pilot IN ('host.lodging', 'host.alerts', 'host.messaging');
