/**
 * A shell session that a document describes, run as it stands there.
 *
 * The convention: every block of a chapter that is marked `sh` is run, in order, in one bash. A block marked `text` right below it is all that it prints, standard error included, but for
 * blank lines; `...` in it stands for anything within a line. A block without one may print what it likes and must succeed, and so must one with, unless what it prints begins with an error
 * of the AWS CLI or with DENIED: then it must fail.
 */
import { run } from './other-programs.ts'

export interface Block {
  /** Of the chapter or the section, and its line in the document. */
  readonly title: string
  readonly commands: string
  /** Undefined: the document does not say. */
  readonly prints: string | undefined
}

export interface Outcome {
  readonly printed: string
  readonly failed: boolean
}

/** @param chapter its heading, such as `Walk-through`: it ends where the next of its level begins */
export function blocksIn(markdown: string, chapter: string): Block[] {
  const lines = markdown.split('\n')
  const begin = lines.indexOf(`## ${chapter}`)
  if (begin < 0) throw new Error(`there is no chapter "${chapter}"`)
  const blocks: Block[] = []
  let heading = chapter
  for (let at = begin + 1; at < lines.length && !lines[at]?.startsWith('## '); at++) {
    const line = lines[at] ?? ''
    if (line.startsWith('### ')) heading = line.slice(4)
    if (!line.startsWith('```')) continue
    const end = lines.indexOf('```', at + 1)
    if (end < 0) throw new Error(`line ${at + 1}: the block does not end`)
    const content = lines.slice(at + 1, end).join('\n')
    const last = blocks.at(-1)
    if (line === '```sh') blocks.push({ title: `${heading} (line ${at + 1})`, commands: content, prints: undefined })
    else if (line === '```text' && last && lines[at - 1] === '' && lines[at - 2] === '```')
      blocks[blocks.length - 1] = { ...last, prints: content }
    else throw new Error(`line ${at + 1}: expected a block of sh, or one of text right below it`)
    at = end
  }
  return blocks
}

/** @returns an outcome for each block that was reached */
export async function runBlocks(
  blocks: readonly Block[],
  environment: Readonly<Record<string, string>>,
): Promise<Outcome[]> {
  const mark = '=== end of block ==='
  // Any command that fails is seen, also before the last of a block, and the session goes on: one fault, one failed test.
  const script = ['exec 2>&1', 'set -E', "trap 'failed=yes' ERR"]
  for (const { commands } of blocks) script.push('failed=no', commands, `printf '\\n%s %s\\n' '${mark}' "$failed"`)
  const { stdout } = await run('bash', ['-c', script.join('\n')], { environment })
  const parts = stdout.split(new RegExp(`^${mark} (yes|no)\n`, 'm'))
  return Array.from({ length: Math.floor(parts.length / 2) }, (_, index) => ({
    printed: withoutBlankLines(parts[2 * index] ?? ''),
    failed: parts[2 * index + 1] === 'yes',
  }))
}

/** What a block that the document says something about must print. */
function patternOf(prints: string): RegExp {
  const escaped = withoutBlankLines(prints).replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replaceAll(String.raw`\.\.\.`, '.*')}$`)
}

const isFailure = (prints = ''): boolean => /^(An error occurred|DENIED)/.test(prints)

const withoutBlankLines = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    // The AWS CLI 2 marks its errors.
    .map((line) => line.replace(/^aws: \[ERROR\]: /, '').trimEnd())
    .join('\n')

/** Tests that a chapter was run to its end, and that each of its blocks did what it says. @param outcomes once it was run */
export function testBlocks(blocks: readonly Block[], outcomes: () => readonly Outcome[]): void {
  it('runs to its end', () => {
    expect(outcomes()).toHaveLength(blocks.length)
  })

  it.each(blocks.map((block, index): [title: string, block: Block, index: number] => [block.title, block, index]))(
    'does what it says: %s',
    (_, { prints }, index) => {
      const { printed, failed } = outcomes()[index] ?? { printed: 'nothing: it was not reached', failed: true }
      // What a block without a statement prints may be a secret access key; its errors are none.
      if (prints === undefined) expect({ failed, errors: errorsIn(printed) }).toEqual({ failed: false, errors: [] })
      else {
        expect(printed).toMatch(patternOf(prints))
        expect(failed).toBe(isFailure(prints))
      }
    },
  )
}

const errorsIn = (printed: string): string[] => printed.split('\n').filter((line) => /error|coffer:/i.test(line))
