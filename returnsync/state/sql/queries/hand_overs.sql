-- name: claim_hand_over(warehouse, code, generation, method, at, after, done_after, most_doubts)^
-- The right to hand a label over by a method. No row comes back while an attempt is in flight, once one was done (with
-- a number above `done_after`), or once `most_doubts` ended in doubt (with numbers above `after`). The new number is
-- above `after`.
INSERT INTO hand_overs (warehouse, code, generation, method, attempt, intent_at)
SELECT :warehouse, :code, :generation, :method,
    (SELECT max(coalesce(max(attempt), 0), :after) + 1 FROM hand_overs
     WHERE warehouse = :warehouse AND code = :code AND generation = :generation),
    :at
WHERE NOT EXISTS (
    SELECT 1 FROM hand_overs
    WHERE warehouse = :warehouse AND code = :code AND generation = :generation AND method = :method
        AND (outcome IS NULL OR (outcome = 'done' AND attempt > :done_after))
) AND (
    SELECT count(*) FROM hand_overs
    WHERE warehouse = :warehouse AND code = :code AND generation = :generation AND method = :method
        AND outcome = 'doubt' AND attempt > :after
) < :most_doubts
ON CONFLICT DO NOTHING
RETURNING attempt;

-- name: end_hand_over(outcome, at, warehouse, code, generation, attempt)!
UPDATE hand_overs SET outcome = :outcome, outcome_at = :at
WHERE warehouse = :warehouse AND code = :code AND generation = :generation AND attempt = :attempt AND outcome IS NULL;

-- name: label_call_of(warehouse, code, generation)^
-- The call that brought a label. A call without a request was made by a ledger that is lost.
SELECT intent_at, request FROM all_effects
WHERE warehouse = :warehouse AND code = :code AND kind = 'label' AND generation = :generation AND request <> '';

-- name: hand_overs_of(warehouse, code, generation)
SELECT * FROM hand_overs WHERE warehouse = :warehouse AND code = :code AND generation = :generation ORDER BY attempt;

-- name: methods_of(source)
SELECT method, since FROM hand_over_methods WHERE source = :source ORDER BY method;

-- name: add_method(source, method, since)!
INSERT INTO hand_over_methods (source, method, since) VALUES (:source, :method, :since) ON CONFLICT DO NOTHING;

-- name: method_since_at_most(source, at)!
-- A moment in the future was written by a clock that was ahead: until then, every label would count as an old one.
UPDATE hand_over_methods SET since = :at WHERE source = :source AND since > :at;

-- name: remove_method(source, method)!
DELETE FROM hand_over_methods WHERE source = :source AND method = :method;

-- name: ask_for_hand_over(warehouse, code, generation, at, attempts, done_after)!
INSERT INTO hand_over_words (warehouse, code, generation, at, attempts, done_after)
VALUES (:warehouse, :code, :generation, :at, :attempts, :done_after)
ON CONFLICT (warehouse, code, generation) DO UPDATE
SET at = excluded.at, attempts = excluded.attempts, done_after = excluded.done_after;

-- name: word_for(warehouse, code, generation)^
SELECT at, attempts, done_after FROM hand_over_words WHERE warehouse = :warehouse AND code = :code AND generation = :generation;

-- name: to_hand_over(at)
-- A hand-over that failed for a reason of its own comes last, so that the others do not wait for it.
SELECT code FROM announcements
WHERE progress IN ('due', 'waiting') AND step = 'hand-over' AND (progress = 'due' OR due_at <= :at)
ORDER BY CASE WHEN cause = 'hand-over-out' THEN 0 ELSE attempts END, labelled_at, code;
