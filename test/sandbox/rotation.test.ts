import type { Report } from '../../sandbox/report.ts'
import { CanaryHunt } from '../support/canary.ts'
import { suiteDirectories } from '../support/suite-directories.ts'
import { VALUE_MARK } from '../conformance/target.ts'
import { ChildSandbox } from './support/child-sandbox.ts'
import { RotationStories } from './support/rotation-stories.ts'

const makeDirectory = suiteDirectories()
/** What rotation has of the deployment for itself. */
const ROTATION = [
  'coffer-rotation',
  'coffer-rotation-worker',
  'coffer-rotation-admin',
  'coffer-managed-rotation',
  'EventBridge Scheduler',
]

let sandbox: ChildSandbox
let stories: RotationStories
let secret: string
beforeAll(async () => {
  sandbox = await ChildSandbox.start()
  stories = new RotationStories(sandbox, makeDirectory())
  await stories.begin()
})
afterAll(async () => {
  stories.end()
  await sandbox.stop()
})

describe('rotation on AWS, in the sandbox', () => {
  it('RotateSecret has a function go its four steps, moves AWSCURRENT, and plans the next rotation', async () => {
    secret = await stories.firstRotation()
  })

  it('a month later the schedule fires, and the next one is armed', () => stories.scheduledRotation(secret))

  it('a schedule that fires twice rotates once', () => stories.duplicateDelivery(secret))

  it('a schedule that was lost is made good by the sweeper', () => stories.lostSchedule(secret))

  it('a start that Scheduler gives up lands in the dead-letter queue, and is made good by the sweeper', () =>
    stories.undeliveredSchedule(secret))

  it('an execution that breaks before it has begun is followed by another', () => stories.brokenExecution())

  it('a function that fails is tried again by the clock, given up, and told of each time', () =>
    stories.failingFunction())

  it('RotateImmediately=false tests the configuration, and CancelRotateSecret takes the schedule back', () =>
    stories.cancelled())

  it('CancelRotateSecret and DeleteSecret end what is running, and leave no copy behind', () =>
    stories.endedInMidTest())

  it('a new value by hand abandons a rotation that has failed', () => stories.abandoned())

  it('a big value is copied for a test and rotated, and a deleted secret has no schedule', () => stories.bigSecret())

  it('managed rotation is a function of the deployment', () => stories.managedRotation())

  it('the recorder shows what happened; what is incomplete is given up or gone on with, by whom policies let', () =>
    stories.administered())

  it('functions that cannot be invoked for the service are refused, and nothing is stored', () =>
    stories.refusedFunctions())
})

describe('after all that', () => {
  it('no RotationToken and no value is in a history, a message, a log or a report', async () => {
    const { texts, tokens } = await stories.traces()
    expect(new Set(tokens).size).toBe(tokens.length)
    expect(tokens.length).toBeGreaterThan(30)
    const hunt = new CanaryHunt()
    hunt.add('value', VALUE_MARK)
    tokens.forEach((token, index) => hunt.add(`token ${index}`, token))
    expect(Object.entries(texts).flatMap(([place, text]) => hunt.inText(place, text))).toEqual([])
    expect(texts['/executions']).toContain('TaskSucceeded')
  })

  it('no call was refused by a role, nothing was given up by the change feed, and the sandbox had no fault', async () => {
    const report = await sandbox.report()
    expect(report.violations).toEqual([])
    expect(report.deadLetters).toEqual([])
    expect(sandbox.complaints).toBe('')
  })

  it('every grant that rotation has for itself was used', async () => {
    const report: Report = await sandbox.report()
    const unused = report.unusedGrants.filter(({ function: name }) => ROTATION.includes(name))
    expect(unused.map(({ function: name, action, statement }) => `${name} ${action} ${statement}`)).toEqual([])
  })
})
