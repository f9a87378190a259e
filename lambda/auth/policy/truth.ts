/**
 * Logic of three values (Kleene's): what depends on something unknown is unknown itself, unless the rest settles it.
 * @module
 */
export type Truth = boolean | 'unknown'

export const not = (truth: Truth): Truth => (truth === 'unknown' ? truth : !truth)

export const and = (a: Truth, b: Truth): Truth =>
  a === false || b === false ? false : a === true && b === true ? true : 'unknown'

export const or = (a: Truth, b: Truth): Truth =>
  a === true || b === true ? true : a === false && b === false ? false : 'unknown'
