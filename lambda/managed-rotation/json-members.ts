/**
 * New values for members of a JSON object, and every other character of it as it was: numbers of any size, the order, the spaces. JSON.parse and back would keep less.
 * @module
 */

/** @param source the text of a JSON object, to the letter @param changes texts by the names of members; those that are not there yet come last */
export function withMembers(source: string, changes: Readonly<Record<string, string>>): string {
  const { members, end } = scanObject(source)
  const wanted = new Map(Object.entries(changes))
  let result = ''
  let kept = 0
  // Of members of one name some readers take the first and some the last: they must not differ.
  for (const { name, from, to } of members) {
    const text = wanted.get(name)
    if (text === undefined) continue
    result += source.slice(kept, from) + JSON.stringify(text)
    kept = to
  }
  const known = new Set(members.map(({ name }) => name))
  const added = [...wanted]
    .filter(([name]) => !known.has(name))
    .map(([name, text]) => `${JSON.stringify(name)}:${JSON.stringify(text)}`)
    .join(',')
  if (added === '') return result + source.slice(kept)
  const last = members.at(-1)?.to ?? end
  return `${result}${source.slice(kept, last)}${members.length > 0 ? ',' : ''}${added}${source.slice(last)}`
}

interface Member {
  readonly name: string
  /** Of its value, which ends before `to`. */
  readonly from: number
  readonly to: number
}

/** Members of the object itself; what is inside their values is skipped. @returns also where the closing brace is */
function scanObject(source: string): { readonly members: readonly Member[]; readonly end: number } {
  JSON.parse(source)
  const members: Member[] = []
  let at = afterSpace(source, 0)
  if (source[at] !== '{') throw new TypeError('no JSON object')
  at = afterSpace(source, at + 1)
  while (source[at] !== '}') {
    const nameEnd = afterString(source, at)
    const name = String(JSON.parse(source.slice(at, nameEnd)))
    // Past the colon.
    const from = afterSpace(source, afterSpace(source, nameEnd) + 1)
    const to = afterValue(source, from)
    members.push({ name, from, to })
    at = afterSpace(source, to)
    if (source[at] === ',') at = afterSpace(source, at + 1)
  }
  return { members, end: at }
}

/** The source is known to be JSON, so each of these ends. */
function afterSpace(source: string, start: number): number {
  let at = start
  while (' \t\n\r'.includes(source[at] ?? '!')) at++
  return at
}

function afterString(source: string, start: number): number {
  let at = start + 1
  while (source[at] !== '"') at += source[at] === '\\' ? 2 : 1
  return at + 1
}

function afterValue(source: string, start: number): number {
  let depth = 0
  let at = start
  for (;;) {
    const character = source[at] ?? '}'
    if (character === '"') at = afterString(source, at)
    else if ('{['.includes(character)) {
      depth++
      at++
    } else if ('}]'.includes(character)) {
      if (depth === 0) return at
      depth--
      at++
    } else if (depth === 0 && ', \t\n\r'.includes(character)) return at
    else {
      at++
      continue
    }
    if (depth === 0) return at
  }
}
