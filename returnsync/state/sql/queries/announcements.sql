-- name: announcements_of_return(source, return_id)
SELECT * FROM announcements WHERE source = :source AND return_id = :return_id ORDER BY order_number, code;

-- name: one_announcement(code)^
SELECT * FROM announcements WHERE code = :code;

-- name: save_announcement(code, warehouse, source, return_id, order_number, progress, step, cause, what, next_step, foreign_text, due_at, waiting_since, attempts, announced_at, labelled_at, units, unread_since, order_ref, at)!
INSERT INTO announcements (
    code, warehouse, source, return_id, order_number, progress, step, cause, what, next_step, foreign_text,
    due_at, waiting_since, attempts, announced_at, labelled_at, units, unread_since, order_ref, created, updated
) VALUES (
    :code, :warehouse, :source, :return_id, :order_number, :progress, :step, :cause, :what, :next_step, :foreign_text,
    :due_at, :waiting_since, :attempts, :announced_at, :labelled_at, :units, :unread_since, :order_ref, :at, :at
) ON CONFLICT (code) DO UPDATE SET
    warehouse = excluded.warehouse, progress = excluded.progress, step = excluded.step, cause = excluded.cause,
    what = excluded.what, next_step = excluded.next_step, foreign_text = excluded.foreign_text, due_at = excluded.due_at,
    waiting_since = excluded.waiting_since, attempts = excluded.attempts, announced_at = excluded.announced_at,
    labelled_at = excluded.labelled_at, units = excluded.units, unread_since = excluded.unread_since,
    order_ref = excluded.order_ref, updated = excluded.updated;

-- name: announcements_to_do(at)
-- Whatever is to be done at a moment, oldest first, so that nothing is put off for ever.
SELECT * FROM announcements
WHERE progress IN ('due', 'waiting') AND (progress = 'due' OR due_at <= :at)
ORDER BY created, code;

-- name: lost_before()
SELECT code FROM announcements
WHERE progress IN ('due', 'waiting') AND step = 'announce' AND EXISTS (
    SELECT 1 FROM effects
    WHERE effects.warehouse = announcements.warehouse AND effects.code = announcements.code
        AND kind = 'create' AND outcome = 'not_made' AND looked_at IS NOT NULL
);

-- name: announcement_saved_at(code)^
SELECT updated FROM announcements WHERE code = :code;

-- name: announcements_held()
SELECT * FROM announcements WHERE progress = 'held' ORDER BY cause, source, order_number, code;

-- name: announcements_waiting()
SELECT * FROM announcements WHERE progress IN ('due', 'waiting') AND progress = 'waiting'
ORDER BY cause, due_at, source, order_number, code;

-- name: announcements_released()
SELECT * FROM announcements WHERE progress = 'released' ORDER BY cause, source, order_number, code;

-- name: announcements_to_announce()
-- Those that have no known forecast at the warehouse, and that may still be announced.
SELECT * FROM announcements
WHERE progress IN ('due', 'waiting', 'held', 'released') AND announced_at IS NULL ORDER BY code;

-- name: oldest_open()^
SELECT min(since) FROM (
    SELECT created AS since FROM announcements WHERE progress IN ('due', 'waiting', 'held')
    UNION ALL SELECT first_seen AS since FROM set_aside WHERE released = 0
) AS opened;

-- name: count_held()^
SELECT count(*) FROM announcements WHERE progress = 'held';

-- name: count_waiting()^
SELECT count(*) FROM announcements WHERE progress IN ('due', 'waiting');

-- name: announcements_waiting_for(warehouse, cause, most)
SELECT code FROM announcements WHERE progress = 'waiting' AND warehouse = :warehouse AND cause = :cause
ORDER BY updated DESC, code LIMIT :most;

-- name: announcements_of_source_waiting_for(source, cause)
SELECT * FROM announcements
WHERE progress IN ('due', 'waiting') AND progress = 'waiting' AND source = :source AND cause = :cause
ORDER BY created, code;

-- name: count_waiting_for(source, cause)^
SELECT count(*) FROM announcements
WHERE progress IN ('due', 'waiting') AND progress = 'waiting' AND source = :source AND cause = :cause;

-- name: has_order(source, order_number)^
SELECT count(*) FROM announcements WHERE order_number = :order_number AND source = :source;

-- name: order_numbers_of(source)
SELECT DISTINCT order_number FROM announcements WHERE source = :source;

-- name: announcements_failing(since)
-- Announcements that wait until calls work again, and not for their order, for an approval, for a hand-over, or to be
-- read again.
SELECT code, source, warehouse FROM announcements
WHERE progress IN ('due', 'waiting') AND progress = 'waiting'
    AND cause NOT IN (
        'not-approved', 'not-in-only', 'order-unknown', 'order-not-shipped', 'release-taken-back', 'label-wanted',
        'hand-over-out', 'mail-tested', 'hand-over-failed'
    )
    AND NOT (cause = 'call-failed' AND EXISTS (
        SELECT 1 FROM breakers WHERE kind = 'warehouse' AND account = announcements.warehouse
            AND ((attempts >= 3 AND served_at >= :since) OR ((attempts >= 3 OR updated < :since) AND updated < served_at))
    ));

-- name: open_at()
SELECT DISTINCT source, warehouse FROM announcements WHERE progress IN ('due', 'waiting');

-- name: sources_of_failed_calls(warehouse)
SELECT DISTINCT source FROM announcements
WHERE progress IN ('due', 'waiting') AND progress = 'waiting' AND cause = 'call-failed' AND warehouse = :warehouse;

-- name: in_doubt_until(before)
-- The first condition repeats that of the index, word for word: without it, every announcement would be read.
SELECT * FROM announcements
WHERE progress IN ('due', 'waiting') AND progress = 'waiting' AND due_at <= :before AND EXISTS (
    SELECT 1 FROM effects
    WHERE effects.warehouse = announcements.warehouse AND effects.code = announcements.code AND outcome IS NULL
);

-- name: is_begun(source, return_id)^
-- Whether anything was ever sent for a return, or a person released it: its parts do not change after that.
SELECT count(*) FROM announcements
WHERE source = :source AND return_id = :return_id AND (
    announced_at IS NOT NULL OR progress = 'released'
    OR EXISTS (SELECT 1 FROM effects WHERE effects.code = announcements.code AND kind = 'create')
);
