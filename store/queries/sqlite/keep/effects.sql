-- Effects on their way out.

-- $9 [key, seq, pilot, capability, function, payload place, length, due, digest place, length]; $10 payloads and digests.
-- No key of these is known: those that were queued before were left out, or refused, when the group was checked.
INSERT INTO outbox (key, seq, pilot, capability, function, payload, state, attempts, next_at, digest)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, substr($10, value ->> 5, value ->> 6),
       'queued', 0, value ->> 7, substr($10, value ->> 8, value ->> 9)
FROM jsonb_each($9);
