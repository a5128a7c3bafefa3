SELECT h.file_id, f.path
FROM hashes AS h
JOIN files AS f ON f.id = h.file_id
WHERE h.size = ?1
ORDER BY f.path;
