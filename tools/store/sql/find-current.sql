SELECT r.id, r.verdict, r.scan_id, r.size, r.mtime_ns, r.mode,
  r.rules_version, r.scanned_at
FROM files AS f
CROSS JOIN results AS r ON r.file_id = f.id
WHERE f.path = ?1
ORDER BY r.id DESC;
