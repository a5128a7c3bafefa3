SELECT rule, severity, certainty, stream, start_ns, end_ns, "offset", count,
  message
FROM findings
WHERE result_id = ?1
ORDER BY position;
