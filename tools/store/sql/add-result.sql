INSERT INTO results (scan_id, file_id, verdict, previous_verdict, confidence,
  damage, mode, container, size, mtime_ns, duration_ns, elapsed_s, cpu_s,
  peak_rss_bytes, tool_version, rules_version, scanned_at, kind)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
  ?17, ?18);
