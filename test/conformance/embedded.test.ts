import { readServeConfig } from '../../local/config.ts'
import { startCoffer, type RunningCoffer } from '../../local/start.ts'
import { callSigned } from '../local/support/running-server.ts'
import { MemoryOutput } from '../local/support/memory-output.ts'
import { CanaryHunt } from '../support/canary.ts'
import { ADMIN } from '../support/child-coffer.ts'
import { suiteDirectories } from '../support/suite-directories.ts'
import { conformance } from './suite.ts'
import { VALUE_MARK } from './target.ts'

const makeDirectory = suiteDirectories()
const output = new MemoryOutput()
let dataDir: string
let coffer: RunningCoffer
let metrics = ''

conformance('embedded Coffer', {
  start: async () => {
    dataDir = makeDirectory()
    const flags = { port: '0', dataDir, clock: '2026-03-01T10:20:30Z', logFormat: 'json' }
    coffer = await startCoffer({ config: readServeConfig(flags, {}), secrets: { adminKey: ADMIN }, output })
    return {
      endpoint: coffer.url,
      credentials: ADMIN,
      account: coffer.admin.account,
      region: 'eu-central-1',
      otherRegion: 'us-west-2',
      advanceClock,
      settle: () => changeNetwork({}),
      cutOff: () => changeNetwork({ cut: ['us-west-2'] }),
      heal: () => changeNetwork({ cut: [] }),
    }
  },
  stop: async () => {
    metrics = await (await fetch(`${coffer.url}/metrics`)).text()
    await coffer.close()
  },
})

const advanceClock = (milliseconds: number): Promise<void> => own('/_coffer/clock', { advance: milliseconds / 1000 })

/** Answers when all that it lets through has arrived. */
const changeNetwork = (change: object): Promise<void> => own('/_coffer/replication/network', change)

async function own(path: string, input: object): Promise<void> {
  const body = JSON.stringify(input)
  const answer = await callSigned(coffer.url, { path, service: 'coffer', headers: {}, body, credentials: ADMIN })
  if (!answer.ok) throw new Error(await answer.text())
}

describe('after all that', () => {
  it('no value is in the log, in the metrics or in a data file, and no request was a server fault', () => {
    const hunt = new CanaryHunt()
    hunt.add('value', VALUE_MARK)
    const sightings = [
      ...hunt.inText('log', output.text),
      ...hunt.inText('metrics', metrics),
      ...hunt.inDirectory(dataDir),
    ]
    expect(sightings).toEqual([])
    // That something would be found: names are in all three places.
    expect(output.text).toContain('secret:conformance/')
    expect(metrics).toContain('operation="CreateSecret"')
    const names = new CanaryHunt()
    names.add('name', 'conformance/secret-')
    expect(names.inDirectory(dataDir)).not.toEqual([])
    const errors = output.lines.filter((line) => line.includes('"level":"error"'))
    // The suite has replication fail, which is told of as an event.
    const failures = errors.filter((line) => line.includes('"name":"ReplicationFailed"'))
    expect(failures).not.toEqual([])
    expect(errors).toEqual(failures)
  })
})
