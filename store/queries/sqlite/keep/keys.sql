-- Keys of answers that waited in memory (`recent.rs`).

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
