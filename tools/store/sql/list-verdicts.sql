-- One step in the index a verdict; DISTINCT would read all of it.
WITH RECURSIVE names (verdict) AS (
  SELECT min (verdict) FROM results
  UNION ALL
  SELECT (SELECT min (verdict) FROM results WHERE verdict > names.verdict)
  FROM names
  WHERE names.verdict IS NOT NULL)
SELECT verdict FROM names WHERE verdict IS NOT NULL;
