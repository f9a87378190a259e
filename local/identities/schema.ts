/**
 * SQL of the identities. Never edited once released: what changes comes as a further script (see `migrations`).
 * @module
 */

/** Schema version 1: the admin's key alone. Its row moves into `identity` when such a directory is opened. */
export const identitySchema = `
  CREATE TABLE access_key (
    access_key_id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    user_name TEXT NOT NULL,
    user_id TEXT NOT NULL,
    sealed_secret BLOB NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT
`

/** Schema version 2: one row per user, group, role, managed policy and MFA device, sealed as a whole, so that nobody can read a secret in it or hand out a permission with it. */
export const identityStoreSchema = `
  CREATE TABLE identity (
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (account, kind, name)
  ) STRICT, WITHOUT ROWID
`
