-- What scans found under the new name joins the file's history, but for scans
-- that have seen both.
UPDATE OR IGNORE results SET file_id = ?1 WHERE file_id = ?2;
