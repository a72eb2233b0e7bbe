-- name: figures_of_announcements()
SELECT source, progress, cause, count(*) AS number, min(created) AS since FROM announcements
GROUP BY source, progress, cause ORDER BY source, progress, cause;

-- name: figures_of_set_aside()
SELECT source, cause, count(*) AS number, min(first_seen) AS since FROM set_aside WHERE released = 0
GROUP BY source, cause ORDER BY source, cause;

-- name: figures_held_since()
-- A held announcement is saved again each time its doubt is looked at, so its history tells when it was last held.
SELECT source, min(since) AS since FROM (
    SELECT source, coalesce((
        SELECT max(at) FROM history
        WHERE history.source = announcements.source AND history.return_id = announcements.return_id
            AND history.code = announcements.code AND event = 'held'
    ), updated) AS since FROM announcements WHERE progress = 'held'
    UNION ALL SELECT source, first_seen AS since FROM set_aside WHERE released = 0
) AS held GROUP BY source ORDER BY source;

-- name: figures_of_runs()
SELECT started, finished, exit_code, summary FROM runs WHERE command = 'run' ORDER BY started DESC;
