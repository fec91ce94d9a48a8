CREATE TABLE {prefix}records (
    record_key text COLLATE "C" NOT NULL PRIMARY KEY,
    value      bytea  NOT NULL,
    version    bigint NOT NULL,
    expires_at bigint NOT NULL, -- milliseconds since 1970
    due_at     bigint           -- milliseconds since 1970
);
CREATE INDEX {prefix}records_due ON {prefix}records (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX {prefix}records_expires ON {prefix}records (expires_at);
