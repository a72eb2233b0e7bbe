-- name: label_calls(warehouse)^
SELECT * FROM label_calls WHERE warehouse = :warehouse;

-- name: label_made(warehouse)!
INSERT INTO label_calls (warehouse, made) VALUES (:warehouse, 1)
ON CONFLICT (warehouse) DO UPDATE SET
    made = label_calls.made + 1, unclear = 0, stop = '', since = NULL, tries = 0, try_at = NULL, run = '';

-- name: label_unclear(warehouse)^
INSERT INTO label_calls (warehouse, unclear) VALUES (:warehouse, 1)
ON CONFLICT (warehouse) DO UPDATE SET unclear = label_calls.unclear + 1
RETURNING unclear;

-- name: stop_labels(warehouse, stop, now, run, try_at)!
INSERT INTO label_calls (warehouse, stop, since, try_at, run) VALUES (:warehouse, :stop, :now, :try_at, :run)
ON CONFLICT (warehouse) DO UPDATE SET
    stop = excluded.stop, run = excluded.run,
    since = coalesce(label_calls.since, excluded.since),
    try_at = CASE WHEN label_calls.stop = excluded.stop THEN label_calls.try_at ELSE excluded.try_at END,
    tries = CASE WHEN label_calls.stop = excluded.stop THEN label_calls.tries ELSE 0 END;

-- name: note_label_try(warehouse, run, try_at)!
UPDATE label_calls SET tries = tries + 1, run = :run, try_at = :try_at WHERE warehouse = :warehouse;

-- name: label_refusals(warehouse, made_before)
SELECT effects.code, order_number, status, made_before, answer, shut_at, (
    SELECT request FROM all_effects AS made
    WHERE made.warehouse = effects.warehouse AND made.code = effects.code AND made.kind = 'create'
        AND made.outcome IN ('made', 'adopted')
) AS created
FROM effects JOIN announcements ON announcements.code = effects.code
WHERE effects.warehouse = :warehouse AND made_before IS NOT NULL AND made_before = :made_before
ORDER BY outcome_at DESC, generation DESC LIMIT 100;

-- name: label_refusals_of_code(warehouse, code)
SELECT effects.code, order_number, status, made_before, answer, shut_at, (
    SELECT request FROM all_effects AS made
    WHERE made.warehouse = effects.warehouse AND made.code = effects.code AND made.kind = 'create'
        AND made.outcome IN ('made', 'adopted')
) AS created
FROM effects JOIN announcements ON announcements.code = effects.code
WHERE effects.warehouse = :warehouse AND effects.code = :code AND kind = 'label' AND made_before IS NOT NULL
ORDER BY generation DESC;

-- name: label_tried_at(warehouse, code)^
SELECT max(intent_at) FROM all_effects WHERE warehouse = :warehouse AND code = :code AND kind = 'label';
