import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { COFFER } from '../support/child.ts'

const flags = ['functions', 'add', 'f', '--environment-file', '/nowhere/at.all']

describe('options that Node knows as well', () => {
  it('are read by the command line, not by Node', () => {
    const { status, stderr } = spawnSync(process.execPath, [COFFER, ...flags], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([2, 'coffer: --environment-file is /nowhere/at.all, which cannot be read\n'])
  })

  it('are kept from Node where the file is run itself', () => {
    const [first = ''] = readFileSync(COFFER, 'utf8').split('\n')
    const args = first.split(' ').slice(first.split(' ').indexOf('node') + 1)
    const { status, stderr } = spawnSync(
      process.execPath,
      [...args, COFFER, 'functions', 'add', 'f', '--env-file', '/x'],
      {
        encoding: 'utf8',
      },
    )
    expect([status, stderr]).toEqual([2, expect.stringContaining('use --environment-file')])
  })
})
