SELECT kind, reason, marked_at
FROM marks
WHERE path = ?1 AND size = ?2 AND mtime_ns = ?3;
