-- name: channels_of(warehouse, account)^
SELECT number, read_at FROM channels WHERE warehouse = :warehouse AND account = :account;

-- name: save_channels(warehouse, account, number, at)!
INSERT INTO channels (warehouse, account, number, read_at) VALUES (:warehouse, :account, :number, :at)
ON CONFLICT (warehouse) DO UPDATE SET
    account = excluded.account, number = excluded.number, read_at = excluded.read_at;
