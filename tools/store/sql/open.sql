-- For every connection, before anything else is read.
PRAGMA foreign_keys = ON;
PRAGMA synchronous = FULL;
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
PRAGMA cache_size = -16384;
-- What a savepoint would have to put back is a few pages, which are not worth a
-- file: half of the time to store a result went there.
PRAGMA temp_store = MEMORY;
-- 16 MiB of log before it is copied into the file: pages that many results
-- change are then copied once.
PRAGMA wal_autocheckpoint = 4096;
