-- Version 2. What questions are asked by, in rows so narrow that all of a
-- million can be looked at in some 60 ms, for what no index answers.

-- What many results have in common. Lists are sorted, one entry a line; ''
-- where there is none.
CREATE TABLE kinds (
  id INTEGER PRIMARY KEY,
  container TEXT NOT NULL,
  codecs TEXT NOT NULL,
  rules TEXT NOT NULL,
  UNIQUE (container, codecs, rules)
) STRICT;

ALTER TABLE results ADD COLUMN kind INTEGER;

-- Verdicts as one bit each: a filter of several is one operation.
ALTER TABLE results ADD COLUMN verdict_bit INTEGER GENERATED ALWAYS AS (
  CASE verdict WHEN 'healthy' THEN 1 WHEN 'suspicious' THEN 2
    WHEN 'corrupt' THEN 4 WHEN 'incomplete' THEN 8 WHEN 'unreadable' THEN 16
    WHEN 'unsupported' THEN 32 WHEN 'skipped' THEN 64 ELSE 1073741824 END)
  VIRTUAL;

INSERT OR IGNORE INTO kinds (container, codecs, rules)
  SELECT coalesce (r.container, ''),
    (SELECT coalesce (group_concat (codec, char (10)), '')
      FROM (SELECT DISTINCT codec FROM streams
        WHERE result_id = r.id AND codec IS NOT NULL ORDER BY codec)),
    (SELECT coalesce (group_concat (rule, char (10)), '')
      FROM (SELECT DISTINCT rule FROM findings
        WHERE result_id = r.id ORDER BY rule))
  FROM results AS r;

UPDATE results SET kind = (
  SELECT k.id FROM kinds AS k
  WHERE k.container = coalesce (results.container, '')
    AND k.codecs = (SELECT coalesce (group_concat (codec, char (10)), '')
      FROM (SELECT DISTINCT codec FROM streams
        WHERE result_id = results.id AND codec IS NOT NULL ORDER BY codec))
    AND k.rules = (SELECT coalesce (group_concat (rule, char (10)), '')
      FROM (SELECT DISTINCT rule FROM findings
        WHERE result_id = results.id ORDER BY rule)));

-- Of each file its newest result. Triggers keep it so, whoever changes results.
CREATE TABLE newest_results (
  file_id INTEGER PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
  result_id INTEGER NOT NULL,
  verdict_bit INTEGER NOT NULL,
  kind INTEGER,
  size INTEGER,
  confidence REAL NOT NULL,
  damage REAL NOT NULL,
  scanned_at INTEGER NOT NULL
) STRICT;

INSERT INTO newest_results
  SELECT file_id, id, verdict_bit, kind, size, confidence, damage, scanned_at
  FROM results
  WHERE id IN (SELECT max (id) FROM results GROUP BY file_id);

CREATE INDEX newest_by_verdict ON newest_results (verdict_bit);
CREATE INDEX newest_by_size ON newest_results (size);
CREATE INDEX newest_by_confidence ON newest_results (confidence);
CREATE INDEX newest_by_damage ON newest_results (damage);
CREATE INDEX newest_by_time ON newest_results (scanned_at);

CREATE TRIGGER result_added AFTER INSERT ON results BEGIN
  INSERT INTO newest_results VALUES (NEW.file_id, NEW.id, NEW.verdict_bit,
    NEW.kind, NEW.size, NEW.confidence, NEW.damage, NEW.scanned_at)
  ON CONFLICT (file_id) DO UPDATE SET result_id = excluded.result_id,
    verdict_bit = excluded.verdict_bit, kind = excluded.kind, size = excluded.size,
    confidence = excluded.confidence, damage = excluded.damage,
    scanned_at = excluded.scanned_at
  WHERE excluded.result_id > newest_results.result_id;
END;

CREATE TRIGGER result_changed AFTER UPDATE OF verdict, kind, size, confidence,
  damage, scanned_at ON results
BEGIN
  UPDATE newest_results SET verdict_bit = NEW.verdict_bit, kind = NEW.kind,
    size = NEW.size, confidence = NEW.confidence, damage = NEW.damage,
    scanned_at = NEW.scanned_at
  WHERE file_id = NEW.file_id AND result_id = NEW.id;
END;

CREATE TRIGGER result_removed AFTER DELETE ON results BEGIN
  DELETE FROM newest_results
  WHERE file_id = OLD.file_id AND result_id = OLD.id;
  INSERT INTO newest_results
    SELECT file_id, id, verdict_bit, kind, size, confidence, damage, scanned_at
    FROM results
    WHERE file_id = OLD.file_id AND NOT EXISTS (
      SELECT 1 FROM newest_results WHERE file_id = OLD.file_id)
    ORDER BY id DESC
    LIMIT 1;
END;

-- The same for the results of one scan.
CREATE INDEX results_of_scan ON results (scan_id, file_id, verdict, kind, size,
  confidence, damage, scanned_at);

-- Nothing asks by these any more.
DROP INDEX results_by_verdict;
DROP INDEX results_by_time;

DROP VIEW newest;
CREATE VIEW newest AS
  SELECT CAST (f.path AS TEXT) AS path, r.*
  FROM newest_results AS n
  JOIN files AS f ON f.id = n.file_id
  JOIN results AS r ON r.id = n.result_id;
