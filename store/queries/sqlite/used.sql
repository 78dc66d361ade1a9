-- Adds to what was used: $1 [pilot, function, name, step].
INSERT INTO used (pilot, function, name, n)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3
FROM jsonb_each($1)
WHERE true
ON CONFLICT (pilot, function, name) DO UPDATE
SET n = used.n + excluded.n;
