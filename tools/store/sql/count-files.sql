SELECT count (*) FROM (
  SELECT 1 FROM files WHERE path >= ?1 AND path < ?2 LIMIT ?3);
