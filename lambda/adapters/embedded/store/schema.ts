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

/**
 * Replication: the links of all Regions, what each Region (`observer`) has seen of the others' heads and links, and what is still to be brought to it. A row of the feed names an item that has changed; what it is now is
 * looked up when the row is delivered. The numbers of the feed are never used again.
 */
export const replicationStoreSchema = `
  CREATE TABLE link (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    revision INTEGER NOT NULL,
    check_at INTEGER,
    record TEXT NOT NULL,
    PRIMARY KEY (account, region, name)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX link_by_check ON link (check_at, account, region, name) WHERE check_at IS NOT NULL;

  CREATE TABLE seen (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    observer TEXT NOT NULL,
    region TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('head', 'link')),
    record TEXT NOT NULL,
    inline BLOB
  ) STRICT;
  CREATE UNIQUE INDEX seen_by_name ON seen (account, name, observer, region, kind);

  CREATE TABLE feed (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    observer TEXT NOT NULL,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('head', 'link')),
    written_at INTEGER NOT NULL
  ) STRICT;
`
