-- Results that were ever made, so at least as many as are newest.
SELECT count (*) FROM (
  SELECT 1 FROM results WHERE verdict IN (?4, ?5, ?6, ?7, ?8, ?9, ?10) LIMIT ?3);
