SELECT count (*) FROM (
  SELECT 1 FROM results WHERE scan_id = ?2 AND verdict IN (?4, ?5, ?6, ?7, ?8, ?9, ?10) LIMIT ?3);
