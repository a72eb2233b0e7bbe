-- name: begin_run(id, at, command)!
INSERT INTO runs (id, started, command) VALUES (:id, :at, :command);

-- name: finish_run(at, exit_code, summary, id)!
UPDATE runs SET finished = :at, exit_code = :exit_code, summary = :summary WHERE id = :id;

-- name: forget_old_runs(keep)!
-- Old runs are deleted; the history of returns stays.
DELETE FROM runs WHERE started < (SELECT min(started) FROM (SELECT started FROM runs ORDER BY started DESC LIMIT :keep) AS kept);

-- name: last_runs(most)
SELECT id, command, started, finished, exit_code, summary FROM runs ORDER BY started DESC LIMIT :most;

-- name: starts_of_runs(most)
SELECT id, started FROM runs ORDER BY started DESC LIMIT :most;

-- name: add_to_history(run, seq, at, source, return_id, code, event, detail)!
INSERT INTO history (run, seq, at, source, return_id, code, event, detail)
VALUES (:run, :seq, :at, :source, :return_id, :code, :event, :detail);

-- name: last_word_on_change(source, return_id, code, word)^
-- A person's request to send a change, or a newer entry that ended it: the change was sent, was none, or is held.
SELECT event FROM history
WHERE source = :source AND return_id = :return_id AND code = :code
    AND (event = :word OR event IN ('updated', 'compared', 'held', 'withdrawn', 'released'))
ORDER BY at DESC, seq DESC LIMIT 1;

-- name: story(source, return_id)
SELECT run, seq, at, code, event, detail FROM history
WHERE source = :source AND return_id = :return_id ORDER BY at, run, seq;
