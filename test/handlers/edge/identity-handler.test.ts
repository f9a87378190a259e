import { Printed } from '../support/printed.ts'
import type { PassLimits, PassResult } from '../../../lambda/adapters/aws/identity/identity-snapshot.ts'
import { identityHandler } from '../../../lambda/handlers/edge/identity-handler.ts'
import { lambdaContext } from '../support/proxy-event.ts'

let printed: Printed
beforeEach(() => (printed = new Printed()))
afterEach(() => jest.restoreAllMocks())

const done: PassResult = { kind: 'done', identities: 3, written: 2, removed: 1, unusable: 0 }
const down = Object.assign(new Error('secret words of IAM'), { name: 'ServiceUnavailable' })

function make(result: PassResult | Error, age: number | null | Error = 4_400) {
  const passes: PassLimits[] = []
  const handler = identityHandler({
    deployment: 'coffer',
    snapshot: {
      pass: async (limits) => {
        passes.push(limits)
        if (result instanceof Error) throw result
        return result
      },
      age: async () => {
        if (age instanceof Error) throw age
        return age ?? undefined
      },
    },
  })
  return { passes, run: (event: unknown) => handler(event, lambdaContext) }
}

/** Those with a dimension of the deployment. */
const measured = (): Record<string, unknown>[] =>
  printed.lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => '_aws' in line && 'deployment' in line)
    .map(({ _aws: _, ...line }) => line)

describe('the identity function', () => {
  it('renews the snapshot by schedule, and measures its age', async () => {
    const { run, passes } = make(done)
    expect(await run({ task: 'snapshot' })).toEqual({ renewed: true })
    // Longer than Lambda lets it.
    expect(passes).toEqual([{ longestMs: 15_000 }])
    expect(printed.of('identities')).toMatchObject([
      { task: 'snapshot', outcome: 'done', identities: 3, written: 2, removed: 1 },
    ])
    expect(measured()).toEqual([{ service: 'coffer', deployment: 'coffer', SnapshotAgeSeconds: 4 }])
  })

  it('renews it on demand with a pause between, and tells whether it did', async () => {
    const { run, passes } = make({ kind: 'skipped' })
    expect(await run({ task: 'refresh', uniqueId: 'AIDA' })).toEqual({ renewed: false })
    expect(passes).toEqual([{ longestMs: 15_000, pauseMs: 5_000 }])
    expect(measured()).toEqual([])
    // Whatever else the caller sends is nobody's business.
    expect(printed.text).not.toContain('AIDA')
  })

  it('fails when it could not, with the age of what there is, so that an alarm sees both', async () => {
    const { run } = make(down, 600_000)
    await expect(run({ task: 'snapshot' })).rejects.toThrow('the log says why')
    await expect(run({ task: 'refresh' })).rejects.not.toThrow('secret words')
    expect(printed.metrics).toEqual(['Faults identities snapshot', 'Faults identities refresh'])
    expect(measured()).toEqual([{ service: 'coffer', deployment: 'coffer', SnapshotAgeSeconds: 600 }])
  })

  it.each([
    ['there is no snapshot', null],
    ['the table cannot be read', down],
  ])('leaves a gap in the metric when %s', async (_, age) => {
    await expect(make(done, age).run({ task: 'snapshot' })).resolves.toEqual({ renewed: true })
    expect(measured()).toEqual([])
  })

  it('counts who is unusable', async () => {
    await make({ ...done, unusable: 2 }).run({ task: 'snapshot' })
    expect(measured()).toContainEqual({ service: 'coffer', deployment: 'coffer', UnusableIdentities: 2 })
  })

  it.each([[undefined], [null], [{}], [{ task: 'delete' }], ['snapshot']])('refuses the task %j', async (event) => {
    const { run, passes } = make(done)
    await expect(run(event)).rejects.toThrow('must be told a task')
    expect(passes).toEqual([])
  })
})
