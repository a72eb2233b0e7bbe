-- A key of all columns kept each row twice. By its name alone a row is found as fast.
CREATE TABLE other_names (
    source    TEXT NOT NULL,
    alias     TEXT NOT NULL,
    return_id TEXT NOT NULL
);
INSERT INTO other_names (source, alias, return_id) SELECT source, alias, return_id FROM aliases;
DROP TABLE aliases;
ALTER TABLE other_names RENAME TO aliases;
CREATE INDEX aliases_by_name ON aliases (alias);

-- The beginning of a hash finds the label that came with the same content as well as the whole of it.
DROP INDEX announcements_by_content;
CREATE INDEX announcements_by_content ON announcements (substr(rest_sha256, 1, 12)) WHERE rest_sha256 <> '';

-- The carrier that a label at rest was asked of, by which a carrier's bill is checked; '' where it is not kept.
ALTER TABLE announcements ADD COLUMN rest_carrier TEXT NOT NULL DEFAULT '';
DROP VIEW all_effects;
CREATE VIEW all_effects AS
SELECT warehouse, code, kind, generation, intent_at, request, looked_at, outcome, outcome_at, answer, unanswered_since,
    looked_boot, looked_elapsed, looked_date, shut_at, recheck_at, status, made_before
FROM effects
UNION ALL
SELECT warehouse, code, 'create', 1, announced_at, rest_request, NULL, 'made', announced_at, '', NULL,
    '', NULL, NULL, NULL, NULL, NULL, NULL
FROM announcements WHERE at_rest = 1
UNION ALL
SELECT warehouse, code, 'label', 1, labelled_at,
    CASE WHEN rest_carrier = '' THEN '' ELSE '{"carrier": "' || rest_carrier || '"}' END, NULL, 'made', labelled_at, '', NULL,
    '', NULL, NULL, NULL, NULL, NULL, NULL
FROM announcements WHERE at_rest = 1 AND rest_sha256 <> '';

-- What the platform lists of what happened goes with a return that is erased, also where it was erased before: it is due again.
UPDATE returns SET has_texts = 1 WHERE erased_at IS NOT NULL AND body LIKE '%,"j":%';
