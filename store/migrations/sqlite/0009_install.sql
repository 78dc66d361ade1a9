-- Stays that their desk had answered were written without a term. A row's version is at least the instant of its change,
-- in microseconds; its term counts from there, 400 days, as that of every other stay.
UPDATE pilot_rows SET keep_until = version + 34560000000000 WHERE pilot = 'host.lodging' AND keep_until IS NULL;
