-- name: returns_as_kept(source)
-- The columns that show whether a listing brings something that is not kept.
SELECT id, hash, read_at, is_open FROM returns WHERE source = :source;

-- name: records_as_kept(source)
SELECT record FROM set_aside WHERE source = :source;

-- name: announced_since(warehouse, since)
SELECT * FROM announcements WHERE warehouse = :warehouse AND announced_at >= :since ORDER BY announced_at, code;

-- name: warehouses_since(since)
SELECT DISTINCT source, warehouse FROM announcements WHERE announced_at >= :since;

-- name: taken_back_since(source, cause, since)
-- Announced returns that are held because their platform cancelled them.
SELECT * FROM announcements
WHERE source = :source AND progress = 'held' AND cause = :cause AND announced_at IS NOT NULL AND updated >= :since
ORDER BY announced_at, code;

-- name: standing_creates(warehouse)
-- What was sent for every forecast that stands at a warehouse.
SELECT code, request, intent_at, outcome FROM all_effects
WHERE warehouse = :warehouse AND kind = 'create' AND outcome IN ('made', 'adopted');

-- name: number_of_labels(warehouse, code)^
SELECT count(*) FROM all_labels WHERE warehouse = :warehouse AND code = :code;
