import { MfaVerifier, withUsedStep } from '../../../local/identities/mfa.ts'
import { codeAt, seedBytes, stepAt } from '../../../local/identities/totp.ts'
import { ACCOUNT, deviceOf, openIdentities, put, SEED } from './support/identity-fixture.ts'

let time = 1_800_000_000_000
const code = (away = 0): string => codeAt(seedBytes(SEED)!, stepAt(time) + away)
const device = deviceOf('phone', { user: 'Alice', enabledAt: 1 })
const claim = { account: ACCOUNT, userName: 'alice', serialNumber: device.serialNumber }

async function setUp() {
  const { store } = openIdentities()
  await put(store, 'mfaDevices', device)
  return { store, mfa: new MfaVerifier({ store, now: () => time }) }
}

describe('a code of an MFA device', () => {
  it('is accepted once, and no earlier one after it, by another verifier neither', async () => {
    const { store, mfa } = await setUp()
    expect(await mfa.verifyCode({ ...claim, code: code() })).toBe('accepted')
    expect(store.account(ACCOUNT).mfaDevices.get('phone')?.lastStep).toBe(stepAt(time))
    const restarted = new MfaVerifier({ store, now: () => time })
    expect(await restarted.verifyCode({ ...claim, code: code() })).toBe('wrong-code')
    expect(await restarted.verifyCode({ ...claim, code: code(-1) })).toBe('wrong-code')
    expect(await restarted.verifyCode({ ...claim, code: code(1) })).toBe('accepted')
  })

  it('is accepted once when it is sent many times at once', async () => {
    const { mfa } = await setUp()
    const verdicts = await Promise.all(Array.from({ length: 4 }, () => mfa.verifyCode({ ...claim, code: code() })))
    expect(verdicts.filter((verdict) => verdict === 'accepted')).toHaveLength(1)
  })

  it('counts for its own user and device alone', async () => {
    const { store, mfa } = await setUp()
    await put(store, 'mfaDevices', deviceOf('spare'))
    for (const other of [
      { ...claim, userName: 'bob' },
      { ...claim, serialNumber: `arn:aws:iam::${ACCOUNT}:mfa/spare` },
      { ...claim, serialNumber: '' },
      { ...claim, account: '111111111111' },
    ])
      expect(await mfa.verifyCode({ ...other, code: code() })).toBe('no-device')
  })

  it('is looked for at all devices of the user where none is named', async () => {
    const { store, mfa } = await setUp()
    const seed = SEED.replace('G', 'H')
    await put(store, 'mfaDevices', deviceOf('key', { user: 'alice', seed }))
    const { serialNumber: _, ...anyDevice } = claim
    expect(await mfa.verifyCode({ ...anyDevice, code: codeAt(seedBytes(seed)!, stepAt(time)) })).toBe('accepted')
    expect(await mfa.verifyCode({ ...anyDevice, code: code() })).toBe('accepted')
  })

  it('is not looked at after five failures, for a while and longer each time', async () => {
    const { mfa } = await setUp()
    for (let n = 0; n < 5; n++) expect(await mfa.verifyCode({ ...claim, code: '000000' })).toBe('wrong-code')
    expect(await mfa.verifyCode({ ...claim, code: code() })).toBe('throttled')
    time += 30_000
    expect(await mfa.verifyCode({ ...claim, code: '000000' })).toBe('wrong-code')
    time += 30_000
    expect(await mfa.verifyCode({ ...claim, code: code() })).toBe('throttled')
    time += 30_000
    expect(await mfa.verifyCode({ ...claim, code: code() })).toBe('accepted')
    expect(await mfa.verifyCode({ ...claim, code: '000000' })).toBe('wrong-code')
  })
})

describe('two codes, before a device is enabled', () => {
  const spare = deviceOf('spare')
  const forSpare = { ...claim, serialNumber: spare.serialNumber }

  it('must follow each other, and tell the last step that is used up with them', async () => {
    const { store, mfa } = await setUp()
    await put(store, 'mfaDevices', spare)
    expect(mfa.verifyTwoCodes({ ...forSpare, codes: [code(-1), code()] })).toEqual({
      verdict: 'accepted',
      step: stepAt(time),
      seed: SEED,
    })
    expect(mfa.verifyTwoCodes({ ...forSpare, codes: [code(), code()] })).toEqual({ verdict: 'wrong-code' })
    expect(mfa.verifyTwoCodes({ ...forSpare, serialNumber: 'x', codes: [code(-1), code()] })).toEqual({
      verdict: 'no-device',
    })
  })

  it('are throttled as well', async () => {
    const { store, mfa } = await setUp()
    await put(store, 'mfaDevices', spare)
    for (let n = 0; n < 5; n++) mfa.verifyTwoCodes({ ...forSpare, codes: ['000000', '000000'] })
    expect(mfa.verifyTwoCodes({ ...forSpare, codes: [code(-1), code()] })).toEqual({ verdict: 'throttled' })
  })
})

describe('a device whose codes were used', () => {
  const codes = { verdict: 'accepted', step: 10, seed: SEED } as const
  it('keeps the last step', () => {
    expect(withUsedStep(deviceOf('phone'), codes)?.lastStep).toBe(10)
    expect(withUsedStep(deviceOf('phone', { lastStep: 9 }), codes)?.lastStep).toBe(10)
  })

  it('is not the one any more, where they were used in the meantime or it has another seed', () => {
    for (const lastStep of [10, 11]) expect(withUsedStep(deviceOf('phone', { lastStep }), codes)).toBeUndefined()
    expect(withUsedStep(deviceOf('phone', { seed: SEED.replace('G', 'H') }), codes)).toBeUndefined()
  })
})
