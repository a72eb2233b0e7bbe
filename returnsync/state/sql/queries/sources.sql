-- name: mark_of(source)^
SELECT mark, deep_from, look_began, look_to FROM marks WHERE source = :source;

-- name: set_mark(source, mark, deep_from)!
-- A mark only ever moves forward.
INSERT INTO marks (source, mark, deep_from) VALUES (:source, :mark, :deep_from)
ON CONFLICT (source) DO UPDATE SET
    mark = CASE WHEN excluded.mark > marks.mark THEN excluded.mark ELSE marks.mark END,
    deep_from = excluded.deep_from;

-- name: looked_back(source, at)!
UPDATE marks SET deep_from = :at, look_began = '', look_to = '' WHERE source = :source;

-- name: looked_so_far(source, began, upto)!
UPDATE marks SET look_began = :began, look_to = :upto WHERE source = :source;

-- name: all_sources()
SELECT id, name, platform, account, starts, policy, largest, runs FROM sources ORDER BY id;

-- name: save_source(id, name, platform, account, starts, policy)!
INSERT INTO sources (id, name, platform, account, starts, policy)
VALUES (:id, :name, :platform, :account, :starts, :policy)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, platform = excluded.platform, account = excluded.account,
    starts = excluded.starts, policy = excluded.policy
WHERE (sources.name, sources.platform, sources.account, sources.starts, sources.policy)
    <> (excluded.name, excluded.platform, excluded.account, excluded.starts, excluded.policy);

-- name: go_back(source, mark)!
-- The one way for a mark to move back: a person set an earlier start.
UPDATE marks SET mark = :mark WHERE source = :source AND mark > :mark;

-- name: weigh_left_alone_again(source)!
UPDATE returns SET unplanned = 1 WHERE source = :source AND id IN
    (SELECT return_id FROM announcements WHERE source = :source AND progress = 'left_alone');

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

-- name: tried_in_vain(source, record, at)!
UPDATE set_aside SET tried_at = :at WHERE source = :source AND record = :record;

-- name: take_back(source, record)!
DELETE FROM set_aside WHERE source = :source AND record = :record;

-- name: records_set_aside()
SELECT source, record, problem, first_seen, tried_at FROM set_aside WHERE released = 0
ORDER BY source, tried_at, record;

-- name: count_set_aside()^
SELECT count(*) FROM set_aside WHERE released = 0;
