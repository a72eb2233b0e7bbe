-- name: tellings(channel)
SELECT key, since, runs, well, told_at, day, times, words FROM tellings WHERE channel = :channel;

-- name: save_telling(channel, key, since, runs, well, told_at, day, times, words)!
INSERT INTO tellings (channel, key, since, runs, well, told_at, day, times, words)
VALUES (:channel, :key, :since, :runs, :well, :told_at, :day, :times, :words)
ON CONFLICT (channel, key) DO UPDATE SET
    since = excluded.since, runs = excluded.runs, well = excluded.well, told_at = excluded.told_at,
    day = excluded.day, times = excluded.times, words = excluded.words;

-- name: forget_tellings(channel, day)!
-- A problem that is over counts only for the number of reports on one day.
DELETE FROM tellings WHERE channel = :channel AND since IS NULL AND day <> :day;

-- name: failing_receivers()
SELECT name, what FROM failing_receivers ORDER BY name;

-- name: note_failing_receiver(name, what)!
INSERT INTO failing_receivers (name, what) VALUES (:name, :what) ON CONFLICT (name) DO UPDATE SET what = excluded.what;

-- name: forget_failing_receiver(name)!
DELETE FROM failing_receivers WHERE name = :name;

-- name: held_untold(channel)
-- What is held and was not reported yet for that cause.
SELECT source, key, cause FROM (
    SELECT source, code AS key, cause FROM announcements WHERE progress = 'held'
    UNION ALL SELECT source, record AS key, cause FROM set_aside WHERE released = 0
) AS held
WHERE NOT EXISTS (
    SELECT 1 FROM told_held
    WHERE told_held.channel = :channel AND told_held.source = held.source AND told_held.key = held.key
        AND told_held.cause = held.cause
)
ORDER BY cause, source, key;

-- name: note_held_told(channel, source, key, cause)!
INSERT INTO told_held (channel, source, key, cause) VALUES (:channel, :source, :key, :cause)
ON CONFLICT (channel, source, key) DO UPDATE SET cause = excluded.cause;

-- name: forget_held_told(channel)!
-- What is no longer held is reported again when it is held again.
DELETE FROM told_held WHERE channel = :channel AND NOT EXISTS (
    SELECT 1 FROM announcements
    WHERE progress = 'held' AND announcements.source = told_held.source AND announcements.code = told_held.key
) AND NOT EXISTS (
    SELECT 1 FROM set_aside
    WHERE released = 0 AND set_aside.source = told_held.source AND set_aside.record = told_held.key
);

-- name: tell_held_anew(source, key)!
DELETE FROM told_held WHERE source = :source AND key = :key;

-- name: count_held_by_cause()
SELECT source, cause, count(*) AS number FROM (
    SELECT source, cause FROM announcements WHERE progress = 'held'
    UNION ALL SELECT source, cause FROM set_aside WHERE released = 0
) AS held
GROUP BY source, cause ORDER BY source, cause;
