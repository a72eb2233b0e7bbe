-- name: overview_of_announcements(source, states, causes, since, until, most)
-- Announcements, by since when they are in their state, newest first. A held one is saved again each time its doubt is
-- looked at, so its history tells since when it is held.
SELECT source, return_id, code, state, cause, since, 0 AS is_record FROM (
    SELECT source, return_id, code, cause,
        CASE WHEN progress <> 'settled' THEN progress WHEN labelled_at IS NULL THEN 'announced' ELSE 'labelled' END AS state,
        CASE progress
            WHEN 'settled' THEN coalesce(labelled_at, announced_at, created)
            WHEN 'held' THEN coalesce((
                SELECT max(at) FROM history
                WHERE history.source = announcements.source AND history.return_id = announcements.return_id
                    AND history.code = announcements.code AND event = 'held'
            ), updated)
            WHEN 'waiting' THEN coalesce(waiting_since, updated)
            ELSE coalesce(nullif(updated, ''), announced_at, created)
        END AS since
    FROM announcements WHERE :source = '' OR source = :source
) AS known
WHERE (:states = '' OR :states LIKE '%|' || state || '|%') AND (:causes = '' OR :causes LIKE '%|' || cause || '|%')
    AND since >= :since AND since < :until
ORDER BY since DESC, source, code LIMIT :most;

-- name: overview_of_returns(source, since, until, most)
-- Returns without an announcement: they have no order, or were not planned yet.
SELECT source, id AS return_id, '' AS code, 'unplanned' AS state, '' AS cause, first_seen AS since, 0 AS is_record FROM returns
WHERE first_seen >= :since AND first_seen < :until AND (source, id) IN (
    -- Only the keys, which are in an index: reading the rows themselves takes much longer.
    SELECT source, id FROM returns AS known
    WHERE (:source = '' OR source = :source) AND NOT EXISTS (
        SELECT 1 FROM announcements WHERE announcements.source = known.source AND announcements.return_id = known.id
    )
)
ORDER BY first_seen DESC, source, id LIMIT :most;

-- name: overview_of_records(source, states, causes, since, until, most)
-- Records that could not be read, or told apart.
SELECT source, record AS return_id, '' AS code, state, cause, since, 1 AS is_record FROM (
    SELECT source, record, cause, CASE released WHEN 1 THEN 'released' ELSE 'held' END AS state,
        CASE released WHEN 1 THEN coalesce(released_at, tried_at) ELSE first_seen END AS since
    FROM set_aside WHERE :source = '' OR source = :source
) AS known
WHERE (:states = '' OR :states LIKE '%|' || state || '|%') AND (:causes = '' OR :causes LIKE '%|' || cause || '|%')
    AND since >= :since AND since < :until
ORDER BY since DESC, source, record LIMIT :most;

-- name: texts_to_search()
-- Every text in which a person may search for a return.
SELECT source, id AS return_id, body AS words FROM returns
UNION ALL SELECT source, id, id || ' ' || number FROM returns
UNION ALL SELECT source, return_id, code || ' ' || order_number || ' ' || order_ref FROM announcements
UNION ALL SELECT source, record, record || ' ' || raw FROM set_aside
UNION ALL
SELECT source, return_id, request FROM all_effects AS effects
JOIN announcements ON announcements.warehouse = effects.warehouse AND announcements.code = effects.code
UNION ALL
SELECT source, return_id, tracking_link FROM all_labels AS labels
JOIN announcements ON announcements.warehouse = labels.warehouse AND announcements.code = labels.code
WHERE tracking_link <> '';

-- name: overview_of_labels(since)
-- Every label that was saved, the latest first, with its announcement and the status of its return.
SELECT labels.warehouse, labels.code, labels.generation, file, sha256, saved_at, removed_at, order_number,
    announcements.source, announcements.return_id, coalesce(returns.status, '') AS status,
    coalesce(effects.request, '') AS request, coalesce((
        SELECT max(outcome_at) FROM hand_overs
        WHERE hand_overs.warehouse = labels.warehouse AND hand_overs.code = labels.code
            AND hand_overs.generation = labels.generation AND outcome = 'done' AND method <> 'test'
    ), '') AS handed_over
FROM all_labels AS labels
JOIN announcements ON announcements.warehouse = labels.warehouse AND announcements.code = labels.code
LEFT JOIN returns ON returns.source = announcements.source AND returns.id = announcements.return_id
LEFT JOIN all_effects AS effects ON effects.warehouse = labels.warehouse AND effects.code = labels.code
    AND effects.kind = 'label' AND effects.generation = labels.generation
WHERE saved_at >= :since
ORDER BY saved_at DESC, labels.code, labels.generation DESC;
