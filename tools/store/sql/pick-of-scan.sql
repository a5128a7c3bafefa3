-- Few are wanted: by the scan's index, then sorted.
SELECT f.path, r.id, r.verdict
FROM results AS r
CROSS JOIN files AS f ON f.id = r.file_id
WHERE r.scan_id = ?2 AND r.verdict IN (?4, ?5, ?6, ?7, ?8, ?9, ?10) AND f.path >= ?1
ORDER BY f.path;
