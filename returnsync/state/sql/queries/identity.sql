-- name: one_match(source, record)^
SELECT home FROM matches WHERE source = :source AND record = :record;

-- name: save_match(source, record, home, at)!
INSERT INTO matches (source, record, home, matched_at) VALUES (:source, :record, :home, :at)
ON CONFLICT (source, record) DO NOTHING;

-- name: returns_made_at(source, created)
SELECT body FROM returns WHERE source = :source AND created = :created ORDER BY id;

-- name: older_copies(source)
SELECT record, hash, began FROM older_copies WHERE source = :source ORDER BY began, record;

-- name: note_older_copy(source, record, hash, began)!
INSERT INTO older_copies (source, record, hash, began) VALUES (:source, :record, :hash, :began)
ON CONFLICT (source, record) DO UPDATE SET hash = excluded.hash, began = excluded.began;

-- name: forget_older_copy(source, record)!
DELETE FROM older_copies WHERE source = :source AND record = :record;
