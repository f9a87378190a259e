/**
 * SQL of the functions. Never edited once released: what changes comes as a further script (see `migrations`).
 * @module
 */

/** One row per function, sealed as a whole: nobody reads its variables or widens its policy in the file. */
export const functionSchema = `
  CREATE TABLE function (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (account, region, name)
  ) STRICT, WITHOUT ROWID
`
