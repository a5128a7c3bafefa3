-- What remove-superseded.sql would remove; and how many of those that are old
-- enough are their file's newest.
SELECT count (*), coalesce (sum (n.result_id = r.id), 0)
FROM results AS r
JOIN newest_results AS n ON n.file_id = r.file_id
WHERE r.scanned_at <= ?1 AND r.scan_id NOT IN (SELECT id FROM temp.running);
