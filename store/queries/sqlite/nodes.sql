-- Nodes of the log at places: $1 [level, index].
SELECT n.level, n.idx, n.hash
FROM jsonb_each($1) asked CROSS JOIN log_nodes n
WHERE n.level = asked.value ->> 0 AND n.idx = asked.value ->> 1;
