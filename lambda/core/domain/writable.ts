/**
 * For code that builds a record member by member, where spreading would cost too much.
 * @module
 */
export type Writable<T> = { -readonly [K in keyof T]: T[K] }
