-- Files without a result.
DELETE FROM files
WHERE id NOT IN (SELECT file_id FROM newest_results);
