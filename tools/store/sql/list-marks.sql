SELECT kind, path, rule, size, mtime_ns, reason, marked_at
FROM marks
ORDER BY path IS NOT NULL, path, rule;
