/**
 * docs/performance.md holds the last full result between two markers; the text around them is ours.
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'

const PAGE = join(import.meta.dirname, '..', 'docs', 'performance.md')
const BEGIN = '<!-- results: written by npm run bench -->'
const END = '<!-- end of results -->'

/** @returns the path of the page, from the current directory */
export function writePage(results: string): string {
  const page = readFileSync(PAGE, 'utf8')
  const begin = page.indexOf(BEGIN)
  const end = page.indexOf(END)
  if (begin < 0 || end < begin) throw new Error(`${PAGE} must have the lines ${BEGIN} and ${END}`)
  writeFileSync(PAGE, `${page.slice(0, begin + BEGIN.length)}\n\n${results}\n\n${page.slice(end)}`)
  return relative(process.cwd(), PAGE)
}
