-- The first and the last name, each one step in the index.
SELECT (SELECT min (path) FROM files), (SELECT max (path) FROM files);
