-- Few are wanted: by the verdicts' index, then sorted.
SELECT f.path, r.id, r.verdict
FROM results AS r
CROSS JOIN files AS f ON f.id = r.file_id
WHERE r.verdict IN (?4, ?5, ?6, ?7, ?8, ?9, ?10)
  AND r.id = (SELECT max (id) FROM results WHERE file_id = r.file_id)
  AND f.path >= ?1
ORDER BY f.path;
