-- What the server called the state of a resource that was fetched and checked
-- ('' where it has no name for it, but a time).
CREATE TABLE etags (
  result_id INTEGER PRIMARY KEY REFERENCES results (id) ON DELETE CASCADE,
  etag TEXT NOT NULL
) STRICT;
