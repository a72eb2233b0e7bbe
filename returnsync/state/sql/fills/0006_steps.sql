-- name: announcements_of_schema_5(after, most)
SELECT code, progress, cause, announced_at, EXISTS (
    SELECT 1 FROM effects
    WHERE effects.warehouse = announcements.warehouse AND effects.code = announcements.code AND kind = 'update'
        AND outcome IS NULL
) AS updating, EXISTS (
    SELECT 1 FROM effects
    WHERE effects.warehouse = announcements.warehouse AND effects.code = announcements.code AND kind = 'create'
        AND outcome IS NULL
) AS creating
FROM announcements WHERE code > :after ORDER BY code LIMIT :most;

-- name: set_step(code, step)!
UPDATE announcements SET step = :step WHERE code = :code;
