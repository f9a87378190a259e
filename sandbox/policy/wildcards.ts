/**
 * `*` and `?` in policies: `*` is any run of characters, `?` exactly one. Matched in linear time without backtracking into a growing search.
 * @module
 */

export function matchesPattern(pattern: string, text: string): boolean {
  let at = 0
  let inPattern = 0
  // Where the last `*` stood, and how much of the text it stands for so far.
  let star = -1
  let resume = 0
  while (at < text.length) {
    const wanted = pattern[inPattern]
    if (wanted === '*') {
      star = inPattern++
      resume = at
    } else if (wanted === '?' || wanted === text[at]) {
      inPattern++
      at++
    } else if (star >= 0) {
      inPattern = star + 1
      at = ++resume
    } else return false
  }
  while (pattern[inPattern] === '*') inPattern++
  return inPattern === pattern.length
}

/** ARNs by their six parts, each with its own wildcards: a `*` never reaches over a colon of the first five. */
export function matchesArn(pattern: string, arn: string): boolean {
  const [patterns, parts] = [arnParts(pattern), arnParts(arn)]
  return (
    parts.length === 6 &&
    patterns.length === 6 &&
    patterns.every((part, index) => matchesPattern(part, parts[index] ?? ''))
  )
}

function arnParts(arn: string): string[] {
  const parts = arn.split(':')
  return parts.length < 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')]
}
