-- name: looked_up(source, rule, number)^
SELECT answer FROM lookups WHERE source = :source AND rule = :rule AND number = :number;

-- name: keep_lookup(source, rule, number, answer, at)!
INSERT INTO lookups (source, rule, number, answer, at) VALUES (:source, :rule, :number, :answer, :at)
ON CONFLICT (source, rule, number) DO UPDATE SET answer = excluded.answer, at = excluded.at;

-- name: forget_lookup(source, rule, number)!
DELETE FROM lookups WHERE source = :source AND rule = :rule AND number = :number;
