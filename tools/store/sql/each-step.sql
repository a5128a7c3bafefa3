-- Every result with the verdict that the file had before, in order of scans.
SELECT r.scan_id, r.verdict, (
  SELECT p.verdict FROM results AS p
  WHERE p.file_id = r.file_id AND p.id < r.id
  ORDER BY p.id DESC
  LIMIT 1)
FROM results AS r
ORDER BY r.id;
