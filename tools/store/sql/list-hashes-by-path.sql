SELECT h.file_id, f.path
FROM files AS f
CROSS JOIN hashes AS h ON h.file_id = f.id
WHERE f.path >= ?1
ORDER BY f.path;
