-- What was said of the file under its old name; not if something was said of it
-- under the new one already.
UPDATE OR IGNORE marks SET path = ?2
WHERE path = (SELECT path FROM files WHERE id = ?1);
