CREATE TABLE {prefix}records (
    record_key TEXT    NOT NULL PRIMARY KEY,
    value      BLOB    NOT NULL,
    version    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, -- milliseconds since 1970
    due_at     INTEGER           -- milliseconds since 1970
);
CREATE INDEX {prefix}records_due ON {prefix}records (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX {prefix}records_expires ON {prefix}records (expires_at);
