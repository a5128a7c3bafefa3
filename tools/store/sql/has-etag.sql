SELECT 1 FROM etags WHERE result_id = ?1 AND etag = ?2;
