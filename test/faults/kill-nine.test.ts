/**
 * `kill -9` under sixteen writers. COFFER_KILL_SEED repeats the choices of a run, as far as two processes can be made to.
 * @module
 */
import { randomInt } from 'node:crypto'
import { suiteDirectories } from '../support/suite-directories.ts'
import { LoadUnderStop } from './stop-under-load.ts'
import { seededRandom } from './writers.ts'

const ROUNDS = 21
const seed = Number(process.env.COFFER_KILL_SEED ?? randomInt(2 ** 31))
const makeDirectory = suiteDirectories({ onDisk: true })

describe('kill -9 under 16 writers', () => {
  it(`loses no acknowledged write and leaves none half applied, in ${ROUNDS} rounds on one directory`, async () => {
    console.log(`COFFER_KILL_SEED=${seed}`)
    const load = new LoadUnderStop(makeDirectory(), seededRandom(seed))
    let acknowledged = 0
    for (let round = 0; round < ROUNDS; round++) {
      const { exit, problems, ...rest } = await load.round('SIGKILL')
      expect({ round, exit, problems }).toEqual({ round, exit: { code: null, signal: 'SIGKILL' }, problems: [] })
      acknowledged += rest.acknowledged
      if (round % 3 === 0) load.tearLog()
    }
    expect(acknowledged).toBeGreaterThan(ROUNDS * 20)
    expect(await load.finish()).toEqual([])
    console.log(`${acknowledged} writes were acknowledged`)
  }, 300_000)
})
