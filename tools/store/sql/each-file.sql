-- In order of path, by the files' own index.
SELECT f.path, n.result_id, r.verdict, n.kind, n.size, n.scanned_at
FROM files AS f
CROSS JOIN newest_results AS n ON n.file_id = f.id
CROSS JOIN results AS r ON r.id = n.result_id
ORDER BY f.path;
