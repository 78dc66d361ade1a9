-- Effects on their way out.

-- $9 [key, seq, pilot, capability, function, payload place, length, due]; $10 payloads.
-- A known key was queued before: at least once to the provider, exactly once in effect.
INSERT INTO outbox (key, seq, pilot, capability, function, payload, state, attempts, next_at)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, substr($10, value ->> 5, value ->> 6),
       'queued', 0, value ->> 7
FROM jsonb_each($9)
WHERE true
ON CONFLICT (key) DO NOTHING;
