-- name: report_of_returns(source, since, until)
-- The returns that their platforms made in a span of time, with and without announcements. The announcements of a
-- return come in the order in which they were made, each with when some events first happened, as far as its history
-- has them.
SELECT returns.source, returns.id AS return_id, returns.created AS made, returns.first_seen, returns.story, code,
    CASE
        WHEN code IS NULL THEN 'unplanned' WHEN progress = 'due' THEN 'waiting' WHEN progress <> 'settled' THEN progress
        WHEN labelled_at IS NULL THEN 'announced' ELSE 'labelled'
    END AS state,
    announcements.created AS known, announced_at, labelled_at,
    (SELECT min(at) FROM history
     WHERE history.source = returns.source AND history.return_id = returns.id AND history.code = announcements.code
        AND event = 'planned') AS planned,
    (SELECT min(at) FROM history
     WHERE history.source = returns.source AND history.return_id = returns.id AND history.code = announcements.code
        AND event = 'adopted') AS adopted,
    (SELECT min(at) FROM history
     WHERE history.source = returns.source AND history.return_id = returns.id AND history.code = announcements.code
        AND event = 'labelled') AS labelled
FROM returns
LEFT JOIN announcements ON announcements.source = returns.source AND announcements.return_id = returns.id
WHERE (:source = '' OR returns.source = :source) AND returns.created >= :since AND returns.created < :until
ORDER BY returns.source, returns.id, announcements.created, code;

-- name: report_of_records(source, since, until)
-- Records that could not be read or told apart. It is not known when their platforms made them, so the first sight
-- counts.
SELECT source, first_seen AS made, CASE released WHEN 1 THEN 'released' ELSE 'held' END AS state FROM set_aside
WHERE (:source = '' OR source = :source) AND first_seen >= :since AND first_seen < :until;
