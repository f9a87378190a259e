/**
 * A text as it reads after something was decoded or left out, which still knows where each of its characters comes from.
 * @module
 */
export interface TextView {
  readonly text: string
  /** For each UTF-16 unit of the text: where in the original it begins and ends. */
  readonly begins: readonly number[]
  readonly ends: readonly number[]
}

export const viewOf = (text: string): TextView => ({
  text,
  begins: Array.from({ length: text.length }, (_, index) => index),
  ends: Array.from({ length: text.length }, (_, index) => index + 1),
})

/** @param pattern with the flag `g`; all of what replaces a match comes from all of the match */
export function rewritten(view: TextView, pattern: RegExp, replace: (match: string) => string): TextView {
  const [pieces, begins, ends]: [string[], number[], number[]] = [[], [], []]
  let done = 0
  const keep = (until: number): void => {
    pieces.push(view.text.slice(done, until))
    for (let index = done; index < until; index++) {
      begins.push(view.begins[index] ?? 0)
      ends.push(view.ends[index] ?? 0)
    }
  }
  for (const { 0: match, index } of view.text.matchAll(pattern)) {
    keep(index)
    done = index + match.length
    const put = replace(match)
    pieces.push(put)
    const [begin = 0, end = 0] = [view.begins[index], view.ends[done - 1]]
    begins.push(...new Array<number>(put.length).fill(begin))
    ends.push(...new Array<number>(put.length).fill(end))
  }
  if (done === 0) return view
  keep(view.text.length)
  return { text: pieces.join(''), begins, ends }
}
