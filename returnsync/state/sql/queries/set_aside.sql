-- name: keep_record_aside(source, record, raw, problem, cause, hash, home, at)!
-- A known record keeps its number of tries and when it is due. It is not written again if nothing about it changed.
INSERT INTO set_aside (source, record, raw, problem, cause, hash, home, first_seen, tried_at, due_at, tries, released)
VALUES (:source, :record, :raw, :problem, :cause, :hash, :home, :at, :at, :at, 1, 0)
ON CONFLICT (source, record) DO UPDATE SET
    released = CASE WHEN set_aside.raw = excluded.raw THEN set_aside.released ELSE 0 END,
    raw = excluded.raw, problem = excluded.problem, cause = excluded.cause, erased_at = NULL, raw_sha256 = '',
    hash = CASE WHEN excluded.hash = '' THEN set_aside.hash ELSE excluded.hash END,
    home = CASE WHEN excluded.home = '' THEN set_aside.home ELSE excluded.home END
WHERE (set_aside.raw, set_aside.problem) <> (excluded.raw, excluded.problem)
    OR excluded.hash NOT IN ('', set_aside.hash);

-- name: one_record_aside(source, record)^
SELECT raw, problem, cause, hash, home, tries, due_at, released, raw_sha256 FROM set_aside WHERE source = :source AND record = :record;

-- name: tried_in_vain(source, record, at, due_at)!
UPDATE set_aside SET tries = tries + 1, tried_at = :at, due_at = :due_at WHERE source = :source AND record = :record;

-- name: records_due(source, before, after, hashed, most)
-- Those that have waited longest come first. A time later than `after` was written by a clock that was ahead.
SELECT record, due_at FROM set_aside
WHERE source = :source AND released = 0 AND record NOT LIKE :hashed AND (due_at < :before OR due_at > :after)
ORDER BY CASE WHEN due_at > :after THEN '' ELSE due_at END, record LIMIT :most;

-- name: count_tried_again(source, after, until)^
SELECT count(*) FROM set_aside
WHERE source = :source AND released = 0 AND tries > 1 AND tried_at > :after AND tried_at <= :until;

-- name: retry_record(source, record)!
UPDATE set_aside SET due_at = '' WHERE source = :source AND record = :record;

-- name: release_record(source, record, at)!
-- It stays known, so that the same record is not set aside again; a changed one is.
UPDATE set_aside SET released = 1, released_at = :at WHERE source = :source AND record = :record;

-- name: end_release(source, record)!
-- It is held as before, and tried again by the next run.
UPDATE set_aside SET released = 0, due_at = '' WHERE source = :source AND record = :record AND released = 1;

-- name: records_raw()
SELECT source, record, raw, problem, cause FROM set_aside ORDER BY source, record;

-- name: records_of_return(source, key)
-- The record of that key, and those that are parts of the return of that key, or may be that return.
SELECT source, record, problem, cause, home, first_seen, tried_at, due_at, tries, released FROM set_aside
WHERE source = :source AND (record = :key OR home = :key) ORDER BY record;

-- name: records_released()
SELECT source, record, cause, home FROM set_aside WHERE released = 1 ORDER BY source, record;

-- name: records_released_for(source, problem)
SELECT record, raw FROM set_aside WHERE source = :source AND released = 1 AND problem LIKE :problem ORDER BY record;

-- name: rename_record_aside(source, record, new)!
UPDATE set_aside SET record = :new WHERE source = :source AND record = :record;

-- name: take_back(source, record)!
DELETE FROM set_aside WHERE source = :source AND record = :record;

-- name: records_set_aside()
SELECT source, record, problem, cause, home, first_seen, tried_at, due_at FROM set_aside WHERE released = 0
ORDER BY source, tried_at, record;

-- name: records_in_question(source)
SELECT record, raw, released FROM set_aside
WHERE source = :source AND cause = 'identity-unclear' ORDER BY first_seen, record;

-- name: count_set_aside()^
SELECT count(*) FROM set_aside WHERE released = 0;

-- name: homes_set_aside(source)
-- The returns that a record set aside is a part of, is, or may be.
SELECT home FROM set_aside WHERE source = :source AND released = 0 AND home <> ''
UNION SELECT record FROM set_aside WHERE source = :source AND released = 0
UNION SELECT matches.home FROM matches
JOIN set_aside ON set_aside.source = matches.source AND set_aside.record = matches.record
WHERE matches.source = :source AND set_aside.released = 0
UNION SELECT candidates.home FROM candidates
JOIN set_aside ON set_aside.source = candidates.source AND set_aside.record = candidates.record
WHERE candidates.source = :source AND set_aside.released = 0;
