SELECT id, kind, codec, decoder, hardware, frames, duration_ns, checked, reason
FROM streams
WHERE result_id = ?1
ORDER BY position;
