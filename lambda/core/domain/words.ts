/**
 * How the `all` and `description` filters see text: as words, cut as the recordings show (behaviour 6.1).
 * @module
 */

/**
 * SM-LIST-05: words end at anything that is neither letter nor digit, between letters and digits, at a change from lower to upper case, and before the
 * last capital of a run that lower case follows (`COMPANYthings` is COMPAN, Ythings).
 */
const WORD = /\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|[\p{Lt}\p{Lm}\p{Lo}\p{M}]+|\p{N}+/gu

/** The words of a text in lower case, since matching ignores case. */
export const wordsOf = (text: string): readonly string[] => (text.match(WORD) ?? []).map((word) => word.toLowerCase())
