-- name: returns_to_erase(status, before, by_person, most, skip)
-- Returns of a status that are at their end: nothing of them is due, waits, is held or in doubt, and nothing is to be
-- read or joined. Their age counts from the last of: a change at the platform, an effect of ours, an act of a person.
-- They are not sorted, since every run would then have to look at all that are due.
SELECT source, id FROM returns
WHERE has_texts = 1 AND status = :status AND updated < :before AND unplanned = 0 AND read_at >= '0001'
    AND NOT EXISTS (
        SELECT 1 FROM announcements
        WHERE announcements.source = returns.source AND announcements.return_id = returns.id
            AND (progress IN ('due', 'waiting', 'held') OR unread_since IS NOT NULL)
    )
    AND NOT EXISTS (
        SELECT 1 FROM announcements
        JOIN all_effects AS effects
            ON effects.warehouse = announcements.warehouse AND effects.code = announcements.code
        WHERE announcements.source = returns.source AND announcements.return_id = returns.id
            AND (outcome IS NULL OR recheck_at IS NOT NULL OR outcome_at >= :before)
    )
    AND NOT EXISTS (
        -- what is in doubt, and which no person has dealt with by a release or by having another one made
        SELECT 1 FROM announcements
        JOIN effects ON effects.warehouse = announcements.warehouse AND effects.code = announcements.code
        WHERE announcements.source = returns.source AND announcements.return_id = returns.id
            AND outcome = 'doubt' AND progress <> 'released' AND NOT EXISTS (
                SELECT 1 FROM effects AS newer
                WHERE newer.warehouse = effects.warehouse AND newer.code = effects.code AND newer.kind = effects.kind
                    AND newer.generation > effects.generation
            )
    )
    AND NOT EXISTS (
        -- what was paid for and is in no file yet
        SELECT 1 FROM announcements
        JOIN kept_labels ON kept_labels.warehouse = announcements.warehouse AND kept_labels.code = announcements.code
        WHERE announcements.source = returns.source AND announcements.return_id = returns.id
    )
    AND NOT EXISTS (
        SELECT 1 FROM history
        WHERE history.source = returns.source AND history.return_id = returns.id
            AND at >= :before AND :by_person LIKE '%|' || event || '|%'
    )
    AND NOT EXISTS (SELECT 1 FROM parts WHERE parts.source = returns.source AND home = returns.id AND joined = 0)
    AND NOT EXISTS (
        SELECT 1 FROM set_aside
        WHERE set_aside.source = returns.source AND (record = returns.id OR home = returns.id)
            AND (released = 0 OR coalesce(released_at, tried_at) >= :before)
    )
    AND NOT EXISTS (
        SELECT 1 FROM candidates
        JOIN set_aside ON set_aside.source = candidates.source AND set_aside.record = candidates.record
        WHERE candidates.source = returns.source AND candidates.home = returns.id AND released = 0
    )
LIMIT :most OFFSET :skip;

-- name: records_to_erase(before, most, skip)
-- Records that a person released. Earlier versions did not note when: the age of those counts from their last try.
SELECT source, record FROM set_aside
WHERE released = 1 AND erased_at IS NULL AND tried_at < :before AND coalesce(released_at, tried_at) < :before
ORDER BY tried_at, source, record LIMIT :most OFFSET :skip;

-- name: oldest_with_texts()^
SELECT min(since) FROM (
    SELECT min(updated) AS since FROM returns WHERE has_texts = 1
    UNION ALL SELECT min(first_seen) FROM set_aside WHERE erased_at IS NULL
) AS kept;

-- name: erased_at(source, id)^
SELECT erased_at FROM returns WHERE source = :source AND id = :id AND erased_at IS NOT NULL;

-- name: erase_return(hash, body, story, at, source, id)!
UPDATE returns SET hash = :hash, body = :body, story = :story, erased_at = :at, has_texts = 0,
    number = CASE WHEN number = id THEN '' ELSE number END
WHERE source = :source AND id = :id;

-- name: may_have_texts(source, id)!
UPDATE returns SET has_texts = 1 WHERE source = :source AND id = :id AND has_texts = 0;

-- name: erase_part(body, source, record)!
UPDATE parts SET body = :body WHERE source = :source AND record = :record;

-- name: erase_announcements(kept, source, return_id)!
-- One text of ours is kept, since it marks a release that belongs to a record.
UPDATE announcements SET what = CASE WHEN what = :kept THEN what ELSE '' END, next_step = '', foreign_text = ''
WHERE source = :source AND return_id = :return_id;

-- name: requests_of_return(source, return_id)
SELECT effects.warehouse, effects.code, kind, generation, intent_at, request FROM announcements
JOIN effects ON effects.warehouse = announcements.warehouse AND effects.code = announcements.code
WHERE announcements.source = :source AND announcements.return_id = :return_id;

-- name: erase_effect(request, warehouse, code, kind, generation)!
UPDATE effects SET request = :request, answer = ''
WHERE warehouse = :warehouse AND code = :code AND kind = CAST(:kind AS TEXT) AND generation = :generation;

-- name: erase_link(link_sha256, warehouse, code, generation)!
UPDATE labels SET tracking_link = '', link_sha256 = :link_sha256
WHERE warehouse = :warehouse AND code = :code AND generation = :generation;

-- name: files_removed(at, warehouse, code)!
UPDATE labels SET removed_at = :at WHERE warehouse = :warehouse AND code = :code AND removed_at IS NULL;

-- name: files_at_rest_removed(at, warehouse, code)!
UPDATE announcements SET rest_removed = :at
WHERE warehouse = :warehouse AND code = :code AND at_rest = 1 AND rest_sha256 <> '' AND rest_removed IS NULL;

-- name: effects_of_code(warehouse, code)
SELECT kind, generation, outcome, recheck_at, made_before, request FROM effects
WHERE warehouse = :warehouse AND code = :code ORDER BY kind, generation;

-- name: labels_in_table(warehouse, code)
SELECT generation, file, sha256, link_sha256, removed_at FROM labels WHERE warehouse = :warehouse AND code = :code;

-- name: put_to_rest(request, carrier, sha256, link, file, removed, warehouse, code)!
UPDATE announcements SET at_rest = 1, rest_request = :request, rest_carrier = :carrier, rest_sha256 = :sha256,
    rest_link = :link, rest_file = :file, rest_removed = :removed,
    updated = CASE WHEN progress = 'settled' THEN '' ELSE updated END
WHERE warehouse = :warehouse AND code = :code AND at_rest = 0;

-- name: forget_effects(warehouse, code)!
DELETE FROM effects WHERE warehouse = :warehouse AND code = :code;

-- name: forget_labels(warehouse, code)!
DELETE FROM labels WHERE warehouse = :warehouse AND code = :code;

-- name: story_until_erased(source, id)^
SELECT story, first_seen FROM returns WHERE source = :source AND id = :id;

-- name: forget_history(source, return_id)!
-- Its events and their times are kept with the return, without texts.
DELETE FROM history WHERE source = :source AND return_id = :return_id;

-- name: erase_record_aside(raw, raw_sha256, at, source, record)!
UPDATE set_aside SET raw = :raw, raw_sha256 = :raw_sha256, erased_at = :at WHERE source = :source AND record = :record;

-- name: upkeep_done(what)^
SELECT done_at FROM upkeep WHERE what = :what;

-- name: note_upkeep(what, at)!
INSERT INTO upkeep (what, done_at) VALUES (:what, :at) ON CONFLICT (what) DO UPDATE SET done_at = excluded.done_at;
