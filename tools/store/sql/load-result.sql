SELECT f.path, r.verdict, r.previous_verdict, r.confidence, r.damage, r.mode,
  r.container, r.size, r.mtime_ns, r.duration_ns, r.elapsed_s, r.cpu_s,
  r.peak_rss_bytes, r.tool_version, r.rules_version, r.scanned_at
FROM results AS r
JOIN files AS f ON f.id = r.file_id
WHERE r.id = ?1;
