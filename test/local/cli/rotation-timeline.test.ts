import type { ShownAttempt, ShownRotation } from '../../../local/cli/rotation-answers.ts'
import { scheduleText, textOf, timeline } from '../../../local/cli/rotation-timeline.ts'

const at = (time: string): string => `2026-03-01T${time}Z`
const shown = (more: Partial<ShownRotation> = {}): ShownRotation => ({
  secret: 'arn:db',
  name: 'db',
  now: at('12:00:00.000'),
  isEnabled: true,
  isManaged: true,
  rules: { automaticallyAfterDays: 1 },
  rotations: [],
  ...more,
})
const lines = (more: Partial<ShownRotation>) => timeline(shown(more), { given: 'db' }).split('\n')

describe('the text of a rotation', () => {
  it.each([
    [undefined, 'without a schedule'],
    [{ automaticallyAfterDays: 1 }, 'every day'],
    [{ automaticallyAfterDays: 30, duration: '3h' }, 'every 30 days in windows of 3h'],
    [{ scheduleExpression: 'cron(0 3 1 * ? *)' }, 'cron(0 3 1 * ? *)'],
  ])('says of the rules %j: %s', (rules, text) => {
    expect(scheduleText(rules)).toBe(text)
  })

  it('says that a window was missed, and when it is tried again', () => {
    const nextWindow = { start: at('00:00:00.000'), end: at('02:59:59.000') }
    expect(lines({ nextWindow, plannedStart: at('16:00:00.000') })).toContain(
      '  Next      missed the window 2026-03-01 00:00:00 UTC to 2026-03-01 02:59:59 UTC, planned for 2026-03-01 16:00:00 UTC',
    )
  })

  it('says what can be done about what CancelRotateSecret left: nothing but to give it up', () => {
    const text = lines({ isEnabled: false, incomplete: 'v1' })
    expect(text).toContain('  Next      nothing: rotation is off')
    expect(text).toContain('            to give it up: coffer rotation abort db')
    expect(text.join()).not.toContain('resume')
  })

  it('of one that was given up offers both', () => {
    const text = lines({ incomplete: 'v1' })
    expect(text).toContain('            to go on: coffer rotation resume db')
  })

  it('says what is running', () => {
    const running = { kind: 'test', versionId: 'v', startedAt: at('12:00:00.000'), attempt: 1 } as const
    expect(lines({ running: { ...running, state: 'running' } })).toContain('  Now       a test is running, attempt 1')
    expect(lines({ running: { ...running, state: 'requested' } })).toContain('  Now       a test is about to begin')
  })

  const record = (attempts: ShownAttempt[], result?: string) => ({
    kind: 'rotation' as const,
    versionId: 'v',
    functionArn: '',
    startedAt: at('12:00:00.000'),
    attempts,
    ...(result !== undefined && { result }),
  })
  const attemptOf = (more: Partial<ShownAttempt>): ShownAttempt => ({
    run: 1,
    attempt: 1,
    startedAt: at('12:00:00.000'),
    steps: [],
    ...more,
  })
  const begun = { step: 'setSecret', startedAt: at('12:00:00.000') }

  it('calls a step interrupted that Coffer has begun anew, and begun the one that is being done', () => {
    const steps = [begun, begun]
    const text = lines({ rotations: [record([attemptOf({ steps })])] })
    expect(text.filter((line) => line.includes('setSecret'))).toEqual([
      '    setSecret     interrupted',
      '    setSecret     begun',
    ])
  })

  it.each([
    [[attemptOf({ steps: [begun], endedAt: at('12:00:01.000') })], undefined],
    [[attemptOf({ steps: [begun] })], 'aborted'],
    [[attemptOf({ steps: [begun] }), attemptOf({ attempt: 2 })], undefined],
  ])('calls a step interrupted of an attempt that is over', (attempts, result) => {
    expect(lines({ rotations: [record(attempts, result)] })).toContain('    setSecret     interrupted')
  })

  it('promises no attempt of a rotation that was given up', () => {
    const attempts = [attemptOf({ endedAt: at('12:00:01.000'), retryAt: at('12:01:00.000') })]
    expect(lines({ rotations: [record(attempts)] })).toContain('    next attempt 2026-03-01 12:01:00 UTC')
    expect(lines({ rotations: [record(attempts, 'aborted')] }).join()).not.toContain('next attempt')
  })

  it('gives the reason at once where that is all there is', () => {
    const text = lines({ rotations: [record([attemptOf({ error: { diagnosis: 'Look there.' } })], 'failed')] })
    expect(text).toContain('    failed: Look there.')
    expect(text.join()).not.toContain('no reason was given')
  })

  it('says of a function that was not invoked that it was not', () => {
    const error = { type: 'missing', diagnosis: 'There is no function.' }
    const text = lines({ rotations: [record([attemptOf({ steps: [{ ...begun, outcome: 'failed', error }] })])] })
    expect(text).toContain('      the function was not invoked: missing')
  })

  it('has times in units that can be read', () => {
    const times = [12, 1_234, 150_000, 3 * 3_600_000, 72 * 3_600_000]
    const rotations = times.map((durationMs, index) => ({
      kind: 'rotation' as const,
      versionId: `v${index}`,
      functionArn: '',
      startedAt: at('12:00:00.000'),
      endedAt: at('12:00:00.000'),
      durationMs,
      attempts: [],
    }))
    expect(lines({ rotations }).flatMap((line) => /took (.*)/.exec(line)?.[1] ?? [])).toEqual([
      '12 ms',
      '1.2 s',
      '3 min',
      '3 h',
      '3 days',
    ])
  })

  it('moves no cursor, whatever a label or a message holds', () => {
    expect(textOf(['a\u001b[2Jb\nc\u009bd\u202ee'])).toBe('a?[2Jb?c?d?e\n')
  })
})
