-- Of each file its newest result up to scan ?1 (NULL if there is none) and up
-- to scan ?2, in order of path.
SELECT f.path, b.id, b.verdict, a.id, a.verdict, k.rules
FROM files AS f
CROSS JOIN results AS a ON a.id = (
  SELECT max (id) FROM results WHERE file_id = f.id AND scan_id <= ?2)
LEFT JOIN results AS b ON b.id = (
  SELECT max (id) FROM results WHERE file_id = f.id AND scan_id <= ?1)
LEFT JOIN kinds AS k ON k.id = a.kind
ORDER BY f.path;
