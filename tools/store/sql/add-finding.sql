INSERT INTO findings (result_id, position, rule, severity, certainty, stream,
  start_ns, end_ns, "offset", count, message)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11);
