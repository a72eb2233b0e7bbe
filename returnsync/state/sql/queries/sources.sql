-- name: mark_of(source)^
SELECT mark, deep_from FROM marks WHERE source = :source;

-- name: set_mark(source, mark, deep_from)!
-- A mark only ever moves forward.
INSERT INTO marks (source, mark, deep_from) VALUES (:source, :mark, :deep_from)
ON CONFLICT (source) DO UPDATE SET
    mark = CASE WHEN excluded.mark > marks.mark THEN excluded.mark ELSE marks.mark END,
    deep_from = excluded.deep_from;

-- name: all_sources()
SELECT id, name, platform, account, largest, runs FROM sources ORDER BY id;

-- name: save_source(id, name, platform, account)!
-- Only what differs is written: a run with nothing to do should not wait for the disk.
INSERT INTO sources (id, name, platform, account) VALUES (:id, :name, :platform, :account)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, platform = excluded.platform, account = excluded.account
WHERE sources.name <> excluded.name OR sources.platform <> excluded.platform OR sources.account <> excluded.account;

-- name: count_delivery(announced, source)!
UPDATE sources SET runs = runs + 1, largest = CASE WHEN :announced > largest THEN :announced ELSE largest END
WHERE id = :source;

-- name: set_record_aside(source, record, raw, problem, at)!
INSERT INTO set_aside (source, record, raw, problem, first_seen, tried_at, released)
VALUES (:source, :record, :raw, :problem, :at, :at, 0)
ON CONFLICT (source, record) DO UPDATE SET
    released = CASE WHEN set_aside.raw = excluded.raw THEN set_aside.released ELSE 0 END,
    raw = excluded.raw, problem = excluded.problem, tried_at = excluded.tried_at;

-- name: release_record(source, record)!
-- It stays known, so that the same record is not set aside again; a changed one is.
UPDATE set_aside SET released = 1 WHERE source = :source AND record = :record;

-- name: take_back(source, record)!
DELETE FROM set_aside WHERE source = :source AND record = :record;

-- name: records_set_aside()
SELECT source, record, problem, first_seen, tried_at FROM set_aside WHERE released = 0
ORDER BY source, first_seen, record;

-- name: count_set_aside()^
SELECT count(*) FROM set_aside WHERE released = 0;
