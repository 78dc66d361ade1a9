-- Effects leave in lanes, one for each pilot and receiver: none stands behind another lane's.
DROP INDEX outbox_due;
CREATE INDEX outbox_lanes ON outbox (pilot, capability, next_at, key) WHERE state IN ('queued', 'sent');
