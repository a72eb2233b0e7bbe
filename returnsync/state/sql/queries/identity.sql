-- name: one_match(source, record)^
SELECT home FROM matches WHERE source = :source AND record = :record;

-- name: save_match(source, record, home, at)!
INSERT INTO matches (source, record, home, matched_at) VALUES (:source, :record, :home, :at)
ON CONFLICT (source, record) DO NOTHING;

-- name: change_match(source, record, home)!
UPDATE matches SET home = :home WHERE source = :source AND record = :record;

-- name: returns_made_at(source, created)
-- Not sorted: to sort, SQLite would read all returns of the source.
SELECT source, id, number, status, created, updated, body FROM returns WHERE source = :source AND created = :created;

-- name: keys_of(source, home)
SELECT record FROM matches WHERE source = :source AND home = :home ORDER BY matched_at DESC, record;

-- name: candidates(source, record)
SELECT home FROM candidates WHERE source = :source AND record = :record ORDER BY home;

-- name: save_candidate(source, record, home)!
INSERT INTO candidates (source, record, home) VALUES (:source, :record, :home);

-- name: held_for(source, home)^
SELECT candidates.record FROM candidates
JOIN set_aside ON set_aside.source = candidates.source AND set_aside.record = candidates.record
WHERE candidates.source = :source AND candidates.home = :home AND released = 0 LIMIT 1;

-- name: forget_candidates(source, record)!
DELETE FROM candidates WHERE source = :source AND record = :record;

-- name: older_copies(source)
SELECT record, hash, began FROM older_copies WHERE source = :source ORDER BY began, record;

-- name: note_older_copy(source, record, hash, began)!
INSERT INTO older_copies (source, record, hash, began) VALUES (:source, :record, :hash, :began)
ON CONFLICT (source, record) DO UPDATE SET hash = excluded.hash, began = excluded.began;

-- name: begin_older_copy_anew(source, record, began)!
UPDATE older_copies SET began = :began WHERE source = :source AND record = :record;

-- name: forget_older_copy(source, record)!
DELETE FROM older_copies WHERE source = :source AND record = :record;
