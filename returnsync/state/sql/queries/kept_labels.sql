-- name: keep_label(warehouse, code, generation, extension, content, tracking_link, at)!
INSERT INTO kept_labels (warehouse, code, generation, extension, content, tracking_link, kept_at)
VALUES (:warehouse, :code, :generation, :extension, :content, :tracking_link, :at)
ON CONFLICT (warehouse, code, generation) DO NOTHING;

-- name: kept_labels_of(warehouse, code)
SELECT * FROM kept_labels WHERE warehouse = :warehouse AND code = :code ORDER BY generation;

-- name: kept_unusable()
-- At most one row for each call that was paid for and could not be written; mostly there is none.
SELECT warehouse, code, generation FROM kept_labels WHERE extension = 'unusable' ORDER BY warehouse, code, generation;

-- name: forget_kept_label(warehouse, code, generation)!
DELETE FROM kept_labels WHERE warehouse = :warehouse AND code = :code AND generation = :generation;
