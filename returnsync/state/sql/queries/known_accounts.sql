-- name: known_accounts()
SELECT side, name, account, since FROM known_accounts;

-- name: remember_account(side, name, account, at)!
-- An account that is remembered stays. If it is only known that something was announced, the account is filled in.
INSERT INTO known_accounts (side, name, account, since) VALUES (:side, :name, :account, :at)
ON CONFLICT (side, name) DO UPDATE SET account = excluded.account WHERE known_accounts.account = '';

-- name: accept_account(side, name, account, at)!
UPDATE known_accounts SET account = :account, since = :at WHERE side = :side AND name = :name;

-- name: newest_creates(warehouse, most)
-- The creates whose forecasts are at the warehouse according to this ledger, newest first; then those that a person may
-- have removed there, and those that may never have arrived.
SELECT code, request, doubtful FROM (
    SELECT code, request, intent_at, CASE WHEN outcome IS NULL OR outcome NOT IN ('made', 'adopted') OR EXISTS (
        SELECT 1 FROM announcements WHERE announcements.code = effects.code AND progress = 'withdrawn'
    ) THEN 1 ELSE 0 END AS doubtful
    FROM all_effects AS effects
    WHERE warehouse = :warehouse AND kind = 'create' AND (outcome IS NULL OR outcome NOT IN ('refused', 'not_made'))
) AS creates
ORDER BY doubtful, intent_at DESC, code
LIMIT :most;

-- name: was_created_at(warehouse, code)^
SELECT 1 FROM all_effects WHERE warehouse = :warehouse AND code = :code AND kind = 'create' LIMIT 1;
