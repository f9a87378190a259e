/**
 * The tables of the embedded store: the heads and value items of design section 3. A head's row repeats a few of its members in columns, for the indexes.
 * @module
 */
export const storeSchema = `
  CREATE TABLE head (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    suffix TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    purge_at INTEGER,
    accessed_day INTEGER NOT NULL DEFAULT 0,
    accessed TEXT,
    record TEXT NOT NULL,
    inline BLOB
  ) STRICT;
  CREATE UNIQUE INDEX head_by_name ON head (account, region, name);
  CREATE INDEX head_by_created ON head (account, region, created_at, name);
  CREATE INDEX head_by_changed ON head (account, region, changed_at, name);
  CREATE INDEX head_by_accessed ON head (account, region, accessed_day, name);
  CREATE INDEX head_by_purge ON head (purge_at) WHERE purge_at IS NOT NULL;

  CREATE TABLE value (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    suffix TEXT NOT NULL,
    id TEXT NOT NULL,
    written_at INTEGER NOT NULL,
    sealed BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX value_by_id ON value (account, region, name, suffix, id);
`

/** Rotation: when a head wants attention, and the records of its rotations. */
export const rotationStoreSchema = `
  ALTER TABLE head ADD COLUMN rotate_at INTEGER;
  CREATE INDEX head_by_rotation ON head (rotate_at, account, region, name) WHERE rotate_at IS NOT NULL;

  CREATE TABLE rotation (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    suffix TEXT NOT NULL,
    token TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (account, region, name, suffix, token)
  ) STRICT, WITHOUT ROWID;
`
