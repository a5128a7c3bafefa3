-- In order of path by the files' own index: nothing is sorted.
SELECT f.path, r.id, r.verdict
FROM files AS f
CROSS JOIN results AS r ON r.scan_id = ?2 AND r.file_id = f.id
WHERE f.path >= ?1
ORDER BY f.path;
