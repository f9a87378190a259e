/**
 * The keyring's tables in the one SQLite file. Rows are small (about 350 bytes for a dedicated service key): there may be 100,000 of them.
 * Columns that using a key needs stand before those that may be long, so that a look-up never follows an overflow page.
 *
 * `material` holds the sealed generations of the key, 60 bytes each, generation 0 first (see key-material.ts). `primary_region` is NULL
 * for a single-Region key and the key's own Region for a multi-Region primary. `policy` is NULL for the default policy, `tags` for none.
 * A policy that names users or roles is kept as the JSON array of its text and of their pairs of ARN and unique id; any other, and those of earlier versions, as the text alone.
 * @module
 */
export const keyringSchema = `
CREATE TABLE kms_meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE kms_keys (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  id TEXT NOT NULL,
  state TEXT NOT NULL,
  owner TEXT NOT NULL,
  material BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  primary_region TEXT,
  deletion_at INTEGER,
  window_days INTEGER,
  rotation_days INTEGER,
  next_rotation_at INTEGER,
  description TEXT,
  tags TEXT,
  policy TEXT,
  PRIMARY KEY (account, region, id)
) WITHOUT ROWID, STRICT;

CREATE INDEX kms_replicas ON kms_keys (account, id) WHERE primary_region <> region;
CREATE INDEX kms_deletions ON kms_keys (deletion_at) WHERE deletion_at IS NOT NULL;
CREATE INDEX kms_rotations ON kms_keys (next_rotation_at) WHERE next_rotation_at IS NOT NULL;

CREATE TABLE kms_aliases (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  name TEXT NOT NULL,
  key_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (account, region, name)
) WITHOUT ROWID, STRICT;

CREATE INDEX kms_aliases_of_key ON kms_aliases (account, region, key_id, name);
`
