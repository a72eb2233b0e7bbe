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
SELECT id, name, platform, account, starts, policy, past_first, delivered_at, refused_at, only_since
FROM sources ORDER BY id;

-- name: save_source(id, name, platform, account, starts, policy)!
INSERT INTO sources (id, name, platform, account, starts, policy)
VALUES (:id, :name, :platform, :account, :starts, :policy)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, platform = excluded.platform, account = excluded.account,
    starts = excluded.starts, policy = excluded.policy
WHERE (sources.name, sources.platform, sources.account, sources.starts, sources.policy)
    <> (excluded.name, excluded.platform, excluded.account, excluded.starts, excluded.policy);

-- name: deliver_only_some(source, at)!
UPDATE sources SET only_since = :at WHERE id = :source AND only_since IS NULL;

-- name: go_back(source, mark)!
-- The one way for a mark to move back: a person set an earlier start.
UPDATE marks SET mark = :mark WHERE source = :source AND mark > :mark;

-- name: evaluate_left_alone_again(source)!
UPDATE returns SET unplanned = 1 WHERE source = :source AND id IN
    (SELECT return_id FROM announcements WHERE source = :source AND progress = 'left_alone');

-- name: count_delivery(source)!
UPDATE sources SET runs = runs + 1 WHERE id = :source;

-- name: count_day(source, day, announced)!
INSERT INTO delivered_days (source, day, announced) VALUES (:source, :day, :announced)
ON CONFLICT (source, day) DO UPDATE SET announced = delivered_days.announced + excluded.announced;

-- name: largest_day(source, since, until)^
SELECT max(announced) FROM delivered_days WHERE source = :source AND day >= :since AND day <= :until;

-- name: delivered_unhindered(source, at)!
UPDATE sources SET
    delivered_at = :at, refused_at = NULL, only_since = NULL, past_first = CASE WHEN runs > 0 THEN 1 ELSE 0 END
WHERE id = :source;

-- name: refused_from_now_on(source, at)!
UPDATE sources SET refused_at = :at WHERE id = :source AND refused_at IS NULL;

-- name: not_refused_any_more(source, at)!
UPDATE sources SET delivered_at = :at, refused_at = NULL WHERE id = :source;
