-- What mappings remember: numbers that were looked up elsewhere, and how many channels a warehouse account has.

CREATE TABLE lookups (
    source TEXT NOT NULL,
    rule   TEXT NOT NULL, -- a hash of where and how it was asked: another address has other answers
    number TEXT NOT NULL, -- what was asked for
    answer TEXT NOT NULL,
    at     TEXT NOT NULL,
    PRIMARY KEY (source, rule, number)
);

CREATE TABLE channels (
    warehouse TEXT    NOT NULL PRIMARY KEY,
    account   TEXT    NOT NULL, -- whose they are: another account is counted anew
    number    INTEGER NOT NULL,
    read_at   TEXT    NOT NULL
);
