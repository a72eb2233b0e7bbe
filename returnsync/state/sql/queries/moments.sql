-- name: moments_after(moment)^
-- How many moments in the state that something waits for or counts from are later than one. Each part uses an index, or
-- has few rows: the first condition on announcements repeats that of the index, word for word, and returns are asked
-- for source by source.
SELECT
    (SELECT count(*) FROM announcements
     WHERE progress IN ('due', 'waiting') AND (due_at > :moment OR waiting_since > :moment))
    + (SELECT count(*) FROM announcements WHERE progress = 'held' AND (due_at > :moment OR waiting_since > :moment))
    + (SELECT count(*) FROM marks WHERE mark > :moment OR deep_from > :moment OR look_began > :moment OR look_to > :moment)
    + (SELECT count(*) FROM sources CROSS JOIN returns
       WHERE returns.source = sources.id AND is_open = 1 AND read_at > :moment)
    + (SELECT count(*) FROM sources CROSS JOIN set_aside
       WHERE set_aside.source = sources.id AND released = 0 AND due_at > :moment)
    + (SELECT count(*) FROM sources WHERE delivered_at > :moment OR refused_at > :moment OR only_since > :moment)
    + (SELECT count(*) FROM effects WHERE recheck_at IS NOT NULL AND recheck_at > :moment)
    + (SELECT count(*) FROM label_calls WHERE try_at > :moment)
    + (SELECT count(*) FROM hand_over_methods WHERE since > :moment)
    + (SELECT count(*) FROM hand_over_words WHERE at > :moment)
    + (SELECT count(*) FROM hand_overs WHERE (outcome IS NULL OR outcome = 'doubt') AND intent_at > :moment);

-- name: method_at_most(moment, at)!
UPDATE hand_over_methods SET since = :at WHERE since > :moment;

-- name: word_at_most(moment, at)!
UPDATE hand_over_words SET at = :at WHERE at > :moment;

-- name: attempt_at_most(moment, at)!
UPDATE hand_overs SET intent_at = :at WHERE (outcome IS NULL OR outcome = 'doubt') AND intent_at > :moment;

-- name: due_at_most(moment, at)!
UPDATE announcements SET due_at = :at WHERE due_at > :moment;

-- name: waiting_since_at_most(moment, at)!
UPDATE announcements SET waiting_since = :at WHERE waiting_since > :moment;

-- name: read_at_most(moment, at)!
UPDATE returns SET read_at = :at WHERE read_at > :moment;

-- name: try_at_most(moment, at)!
UPDATE label_calls SET try_at = :at WHERE try_at > :moment;

-- name: tried_again_at_most(moment, at)!
UPDATE set_aside SET due_at = :at WHERE due_at > :moment;

-- name: recheck_at_most(moment, at)!
UPDATE effects SET recheck_at = :at WHERE recheck_at IS NOT NULL AND recheck_at > :moment;

-- name: delivered_at_most(moment, at)!
UPDATE sources SET
    delivered_at = CASE WHEN delivered_at > :moment THEN :at ELSE delivered_at END,
    refused_at = CASE WHEN refused_at > :moment THEN :at ELSE refused_at END,
    only_since = CASE WHEN only_since > :moment THEN :at ELSE only_since END
WHERE delivered_at > :moment OR refused_at > :moment OR only_since > :moment;

-- name: runs_started_at_most(moment, at)!
-- Runs that started in the future would otherwise be kept longer than the newest ones.
UPDATE runs SET started = :at WHERE started > :moment;

-- name: marks_after(moment)
SELECT source, mark FROM marks WHERE mark > :moment OR deep_from > :moment OR look_began > :moment OR look_to > :moment;

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
