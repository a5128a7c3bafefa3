SELECT h.whole, h.size, f.path
FROM hashes AS h
JOIN files AS f ON f.id = h.file_id
WHERE h.whole IN (
    SELECT whole FROM hashes
    WHERE whole IS NOT NULL AND size > 0 AND vanished_at IS NULL
    GROUP BY whole, size HAVING count (*) > 1)
  AND h.vanished_at IS NULL
ORDER BY h.size DESC, h.whole, f.path;
