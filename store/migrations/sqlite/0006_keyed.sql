-- Digests of references, requests and codes are made under a key from here on. Those of before, in a folder that has any, are looked
-- up as well until their term is over.
INSERT INTO meta (key, value)
SELECT 'unkeyed-before', CAST(MAX(seq) + 1 AS TEXT) FROM log_entries HAVING MAX(seq) IS NOT NULL;
