-- Names for completing what a person types. Each query gives up to `most` rows, and uses an index, except the one of
-- what was released, which is rarely asked for.

-- name: glance_held(most)
SELECT source, return_id, code, order_number, progress, cause FROM announcements
WHERE progress = 'held' ORDER BY updated DESC, code LIMIT :most;

-- name: glance_open(most)
SELECT source, return_id, code, order_number, progress, cause FROM announcements
WHERE progress IN ('due', 'waiting') ORDER BY due_at, code LIMIT :most;

-- name: glance_released(most)
SELECT source, return_id, code, order_number, progress, cause FROM announcements
WHERE progress = 'released' ORDER BY updated DESC, code LIMIT :most;

-- name: glance_latest(source, most)
-- The announcements of the returns that were made last.
SELECT latest.source, return_id, code, order_number, progress, cause FROM (
    SELECT source, id, created FROM returns WHERE source = :source ORDER BY created DESC LIMIT :most
) AS latest
JOIN announcements ON announcements.source = latest.source AND announcements.return_id = latest.id
ORDER BY latest.created DESC, code LIMIT :most;

-- name: glance_by_order(first, end, most)
SELECT source, return_id, code, order_number, progress, cause FROM announcements
WHERE order_number >= :first AND order_number < :end ORDER BY order_number, code LIMIT :most;

-- name: glance_by_code(first, end, most)
SELECT source, return_id, code, order_number, progress, cause FROM announcements
WHERE code >= :first AND code < :end ORDER BY code LIMIT :most;

-- name: glance_records(released, most)
SELECT source, record, cause FROM set_aside WHERE released = :released ORDER BY first_seen DESC, record LIMIT :most;
