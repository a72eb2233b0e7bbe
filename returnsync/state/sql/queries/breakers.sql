-- name: breaker(kind, account)^
SELECT * FROM breakers WHERE kind = :kind AND account = :account;

-- name: open_breakers()
SELECT * FROM breakers WHERE opened_at IS NOT NULL ORDER BY opened_at, kind, account;

-- name: save_breaker(kind, account, failures, orders, opened_at, why, probes, served, served_at, back_at)!
INSERT INTO breakers (kind, account, failures, orders, opened_at, why, probes, served, served_at, back_at)
VALUES (:kind, :account, :failures, :orders, :opened_at, :why, :probes, :served, :served_at, :back_at)
ON CONFLICT (kind, account) DO UPDATE SET
    failures = excluded.failures, orders = excluded.orders, opened_at = excluded.opened_at, why = excluded.why,
    probes = excluded.probes, served = excluded.served, served_at = excluded.served_at, back_at = excluded.back_at;

-- name: note_order_refusal(warehouse, code, served_before, at)!
INSERT INTO order_refusals (warehouse, code, served_before, refused_at) VALUES (:warehouse, :code, :served_before, :at)
ON CONFLICT (warehouse, code, served_before) DO NOTHING;

-- name: order_refusals(warehouse, code)^
SELECT count(*) AS number, min(served_before) AS served_before FROM order_refusals
WHERE warehouse = :warehouse AND code = :code;

-- name: refused_codes()
SELECT DISTINCT code FROM order_refusals;

-- name: forget_refusals_of(warehouse, code)!
DELETE FROM order_refusals WHERE warehouse = :warehouse AND code = :code;

-- name: forget_order_refusals(warehouse, served_before)!
DELETE FROM order_refusals WHERE warehouse = :warehouse AND served_before = :served_before;

-- name: labels_stopped()
SELECT warehouse, stop, since FROM label_calls WHERE stop <> '' ORDER BY since, warehouse;
