CREATE TABLE IF NOT EXISTS {prefix}records (
    record_key VARBINARY(256) NOT NULL PRIMARY KEY,
    value      LONGBLOB NOT NULL,
    version    BIGINT   NOT NULL,
    expires_at BIGINT   NOT NULL, -- milliseconds since 1970
    due_at     BIGINT   NULL,     -- milliseconds since 1970
    KEY {prefix}records_due (due_at),
    KEY {prefix}records_expires (expires_at)
) ENGINE = InnoDB;
