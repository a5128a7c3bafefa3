-- Files without a result, of which no hashes are known either.
DELETE FROM files
WHERE id NOT IN (SELECT file_id FROM newest_results)
  AND id NOT IN (SELECT file_id FROM hashes);
