INSERT OR REPLACE INTO marks (kind, path, rule, size, mtime_ns, reason,
  marked_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);
