-- The newest signature of a device's that was believed, by its own time in seconds since 1970: the nonces that were used live in
-- memory, so after a start no signature up to this one is believed again.
ALTER TABLE devices ADD COLUMN signed INTEGER;
