-- name: moments_after(moment)^
-- How many moments of the state lie after one: of waits, of marks, of reads.
SELECT
    (SELECT count(*) FROM announcements WHERE progress IN ('due', 'waiting') AND progress = 'waiting' AND due_at > :moment)
    + (SELECT count(*) FROM announcements WHERE progress = 'held' AND due_at > :moment)
    + (SELECT count(*) FROM announcements WHERE waiting_since > :moment)
    + (SELECT count(*) FROM marks WHERE mark > :moment OR deep_from > :moment OR look_began > :moment)
    + (SELECT count(*) FROM returns WHERE is_open = 1 AND read_at > :moment)
    + (SELECT count(*) FROM label_calls WHERE try_at > :moment);

-- name: due_at_most(moment, at)!
UPDATE announcements SET due_at = :at WHERE due_at > :moment;

-- name: waiting_since_at_most(moment, at)!
UPDATE announcements SET waiting_since = :at WHERE waiting_since > :moment;

-- name: read_at_most(moment, at)!
UPDATE returns SET read_at = :at WHERE read_at > :moment;

-- name: try_at_most(moment, at)!
UPDATE label_calls SET try_at = :at WHERE try_at > :moment;

-- name: marks_after(moment)
SELECT source FROM marks WHERE mark > :moment OR deep_from > :moment OR look_began > :moment;

-- name: newest_change(source, at)^
SELECT max(updated) FROM returns WHERE source = :source AND updated <= :at;

-- name: newest_creation(source, at)^
SELECT max(created) FROM returns WHERE source = :source AND created <= :at;

-- name: put_mark_back(source, mark)!
UPDATE marks SET mark = :mark, deep_from = :mark, look_began = '', look_to = '' WHERE source = :source;

-- name: forget_mark(source)!
DELETE FROM marks WHERE source = :source;

-- name: told_at(what)^
SELECT told_at FROM told WHERE what = :what;

-- name: note_told(what, at)!
INSERT INTO told (what, told_at) VALUES (:what, :at)
ON CONFLICT (what) DO UPDATE SET told_at = excluded.told_at;
