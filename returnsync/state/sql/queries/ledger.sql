-- Why the casts: one index is for one kind only. SQLite looks at the value of a bare parameter to see whether such an
-- index fits, and for that it compiles the statement again at every use. It does not look at the value of a cast.

-- name: write_intent(warehouse, code, kind, at, request, again, recheck_at)^
-- The right to make one call. No row comes back when an earlier intent prevents it: one in flight always does, one that
-- was made, adopted or is in doubt does unless a person asked for another one by name (again is 1). A create that is
-- sent a second time, after one that looks did not find, is looked at once more later.
INSERT INTO effects (warehouse, code, kind, generation, intent_at, request, recheck_at)
SELECT :warehouse, :code, :kind,
    (SELECT coalesce(max(generation), 0) + 1 FROM all_effects
     WHERE warehouse = :warehouse AND code = :code AND kind = CAST(:kind AS TEXT)),
    :at, :request,
    (SELECT max(CAST(:recheck_at AS TEXT)) FROM all_effects
     WHERE warehouse = :warehouse AND code = :code AND kind = CAST(:kind AS TEXT) AND kind = 'create'
        AND outcome = 'not_made' AND looked_at IS NOT NULL)
WHERE NOT EXISTS (
    SELECT 1 FROM all_effects
    WHERE warehouse = :warehouse AND code = :code AND kind = CAST(:kind AS TEXT)
    AND (outcome IS NULL OR (outcome IN ('made', 'adopted', 'doubt') AND :again = 0))
)
ON CONFLICT DO NOTHING
RETURNING generation;

-- name: write_outcome(outcome, at, answer, status, warehouse, code, kind, generation)!
UPDATE effects SET outcome = :outcome, outcome_at = :at, answer = :answer,
    status = coalesce(CAST(:status AS INTEGER), status),
    made_before = CASE WHEN kind = 'label' AND CAST(:status AS INTEGER) IS NOT NULL
        THEN coalesce((SELECT made FROM label_calls WHERE label_calls.warehouse = :warehouse), 0)
        ELSE made_before END
WHERE warehouse = :warehouse AND code = :code AND kind = CAST(:kind AS TEXT) AND generation = :generation
AND outcome IS NULL;

-- name: change_doubt(outcome, at, answer, warehouse, code, kind, generation)!
-- A doubt is resolved by evidence or by a person, never by time.
UPDATE effects SET outcome = :outcome, outcome_at = :at, answer = :answer
WHERE warehouse = :warehouse AND code = :code AND kind = CAST(:kind AS TEXT) AND generation = :generation
AND outcome = 'doubt';

-- name: looked_in_vain(at, boot, elapsed, date, warehouse, code, kind, generation)!
UPDATE effects SET looked_at = :at, looked_boot = :boot, looked_elapsed = :elapsed, looked_date = :date
WHERE warehouse = :warehouse AND code = :code AND kind = CAST(:kind AS TEXT) AND generation = :generation
AND outcome IS NULL;

-- name: shut(at, status, warehouse, code, kind, generation)!
UPDATE effects SET shut_at = :at, status = :status,
    made_before = coalesce((SELECT made FROM label_calls WHERE label_calls.warehouse = :warehouse), 0)
WHERE warehouse = :warehouse AND code = :code AND kind = CAST(:kind AS TEXT) AND generation = :generation
AND outcome IS NULL;

-- name: unanswered(since, warehouse, code, kind, generation)!
UPDATE effects SET unanswered_since = :since
WHERE warehouse = :warehouse AND code = :code AND kind = CAST(:kind AS TEXT) AND generation = :generation
AND outcome IS NULL;

-- name: adopt(warehouse, code, kind, at, outcome, answer, request)^
-- Something of ours that is already at the warehouse while this ledger does not know it.
INSERT INTO effects (warehouse, code, kind, generation, intent_at, request, outcome, outcome_at, answer)
SELECT :warehouse, :code, :kind,
    (SELECT coalesce(max(generation), 0) + 1 FROM all_effects
     WHERE warehouse = :warehouse AND code = :code AND kind = CAST(:kind AS TEXT)),
    :at, :request, :outcome, :at, :answer
RETURNING generation;

-- name: lost_create(warehouse, code)^
SELECT * FROM effects
WHERE warehouse = :warehouse AND code = :code AND kind = 'create' AND outcome = 'not_made' AND looked_at IS NOT NULL
ORDER BY generation DESC LIMIT 1;

-- name: was_made_after_all(at, warehouse, code, kind, generation)!
UPDATE effects SET outcome = 'made', outcome_at = :at, answer = 'found later'
WHERE warehouse = :warehouse AND code = :code AND kind = CAST(:kind AS TEXT) AND generation = :generation
AND outcome = 'not_made';

-- name: creates_since_adoption(warehouse, most)^
SELECT count(*) FROM (
    SELECT 1 FROM all_effects
    WHERE warehouse = :warehouse AND kind = 'create' AND intent_at > coalesce(
        (SELECT max(intent_at) FROM all_effects WHERE warehouse = :warehouse AND kind = 'create' AND outcome = 'adopted'), '')
    LIMIT :most
) AS counted;

-- name: creates_to_recheck(at)
SELECT * FROM effects WHERE recheck_at IS NOT NULL AND recheck_at <= :at AND outcome = 'made' ORDER BY recheck_at, code;

-- name: recheck_later(at, warehouse, code, kind, generation)!
UPDATE effects SET recheck_at = :at
WHERE warehouse = :warehouse AND code = :code AND kind = CAST(:kind AS TEXT) AND generation = :generation;

-- name: effects_in_flight()
SELECT * FROM effects WHERE outcome IS NULL ORDER BY intent_at, warehouse, code, kind;

-- name: create_in_flight(code)^
SELECT count(*) FROM effects WHERE code = :code AND kind = 'create' AND outcome IS NULL;

-- name: any_in_flight(warehouse, code)^
SELECT (SELECT count(*) FROM effects WHERE warehouse = :warehouse AND code = :code AND outcome IS NULL)
    + (SELECT count(*) FROM kept_labels WHERE warehouse = :warehouse AND code = :code);

-- name: newest_effect(warehouse, code, kind)^
SELECT * FROM all_effects WHERE warehouse = :warehouse AND code = :code AND kind = CAST(:kind AS TEXT)
ORDER BY generation DESC LIMIT 1;

-- name: creates_that_tell(pattern)
SELECT DISTINCT code FROM all_effects WHERE kind = 'create' AND request LIKE :pattern ESCAPE '!' ORDER BY code;

-- name: standing_create(warehouse, code)^
SELECT * FROM all_effects
WHERE warehouse = :warehouse AND code = :code AND kind = 'create' AND outcome IN ('made', 'adopted');

-- name: newest_made_effect(warehouse, code, kind)^
SELECT * FROM all_effects
WHERE warehouse = :warehouse AND code = :code AND kind = CAST(:kind AS TEXT)
    AND (outcome = 'made' OR (outcome = 'adopted' AND request <> ''))
ORDER BY generation DESC LIMIT 1;

-- name: save_label(warehouse, code, generation, file, sha256, tracking_link, at)!
INSERT INTO labels (warehouse, code, generation, file, sha256, tracking_link, saved_at)
VALUES (:warehouse, :code, :generation, :file, :sha256, :tracking_link, :at)
ON CONFLICT (warehouse, code, generation) DO NOTHING;

-- name: move_label(warehouse, code, file, moved_to)!
UPDATE labels SET file = :moved_to WHERE warehouse = :warehouse AND code = :code AND file = :file;

-- name: move_label_at_rest(warehouse, code, file, moved_to)!
UPDATE announcements SET rest_file = :moved_to
WHERE warehouse = :warehouse AND code = :code AND at_rest = 1 AND rest_sha256 <> ''
    AND CASE WHEN rest_file = '' THEN warehouse || '/' || code || '.pdf' ELSE rest_file END = :file;

-- name: labels_of_code(warehouse, code)
SELECT * FROM all_labels WHERE warehouse = :warehouse AND code = :code ORDER BY generation;

-- name: code_with_content(warehouse, sha256, not_code)^
-- Of labels at rest, the beginning of the hash is indexed. SQLite would not use that index without the concatenation.
SELECT code FROM labels WHERE warehouse = :warehouse AND sha256 = :sha256 AND code <> :not_code
UNION ALL
SELECT code FROM announcements
WHERE at_rest = 1 AND rest_sha256 <> '' AND warehouse = :warehouse AND code <> :not_code
    AND substr(rest_sha256, 1, 12) = substr(:sha256, 1, 12) AND rest_sha256 || '' = :sha256
LIMIT 1;

-- name: last_label_at(warehouse)^
SELECT max(saved_at) FROM all_labels WHERE warehouse = :warehouse;

-- name: links_that_tell(pattern)
SELECT code, tracking_link FROM labels WHERE tracking_link LIKE :pattern ESCAPE '!' ORDER BY code;

-- name: label_files()
SELECT warehouse, code, file FROM all_labels WHERE removed_at IS NULL;
