import { codeAt, newSeed, seedBytes, stepAt, stepOf, stepOfTwo } from '../../../local/identities/totp.ts'
import { systemEntropy } from '../../../lambda/adapters/system-entropy.ts'

/** The ASCII text "12345678901234567890" of RFC 6238 appendix B, in base32. */
const SEED = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const key = seedBytes(SEED)!
const STEP = 30_000

describe('a time-based code', () => {
  // RFC 6238 appendix B has eight digits: six are the last six of them.
  it.each([
    [59, '94287082'],
    [1111111109, '07081804'],
    [1111111111, '14050471'],
    [1234567890, '89005924'],
    [2000000000, '69279037'],
    [20000000000, '65353130'],
  ])('at %d seconds is that of RFC 6238', (seconds, eightDigits) => {
    expect(codeAt(key, stepAt(seconds * 1000))).toBe(eightDigits.slice(2))
  })

  // RFC 4226 appendix D.
  it.each(
    ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489'].map(
      (code, counter) => [counter, code] as const,
    ),
  )('of counter %d is that of RFC 4226', (counter, code) => {
    expect(codeAt(key, counter)).toBe(code)
  })
})

describe('a code is recognised', () => {
  const now = 1_800_000_000_000
  const step = stepAt(now)

  it.each([
    [-2, undefined],
    [-1, step - 1],
    [0, step],
    [1, step + 1],
    [2, undefined],
  ])('%d steps away: %p', (away, expected) => {
    expect(stepOf(SEED, codeAt(key, step + away), now)).toBe(expected)
  })

  it('once: not at the last accepted step, nor before it', () => {
    const code = codeAt(key, step)
    expect(stepOf(SEED, code, now, step - 1)).toBe(step)
    expect(stepOf(SEED, code, now, step)).toBeUndefined()
    expect(stepOf(SEED, codeAt(key, step - 1), now, step)).toBeUndefined()
    expect(stepOf(SEED, codeAt(key, step + 1), now, step)).toBe(step + 1)
  })

  it.each(['', '12345', '1234567', 'abcdef', ' 12345', '１２３４５６', '12345\n'])('not when it is %j', (code) => {
    expect(stepOf(SEED, code, now)).toBeUndefined()
  })

  it('in pairs only when they follow each other', () => {
    const [a, b, c] = [codeAt(key, step - 1), codeAt(key, step), codeAt(key, step + 1)]
    expect(stepOfTwo(SEED, [a, b], now)).toBe(step)
    expect(stepOfTwo(SEED, [b, c], now)).toBe(step + 1)
    expect(stepOfTwo(SEED, [a, b], now, step - 1)).toBe(step)
    expect(stepOfTwo(SEED, [a, b], now, step)).toBeUndefined()
    for (const pair of [
      [a, c],
      [b, a],
      [a, a],
      [b, '000000x'],
    ] as const)
      expect(stepOfTwo(SEED, pair, now)).toBeUndefined()
    expect(stepOfTwo(SEED, [a, b], now + 3 * STEP)).toBeUndefined()
  })
})

describe('a seed', () => {
  it('that is made has 320 bits in base32, and no two are the same', () => {
    const seed = newSeed(systemEntropy)
    expect(seed).toMatch(/^[A-Z2-7]{64}$/)
    expect(seedBytes(seed)).toHaveLength(40)
    expect(newSeed(systemEntropy)).not.toBe(seed)
  })

  it('is read as authenticator apps do: case, blanks and padding do not count', () => {
    expect(seedBytes('gezd gnbv-gy3t qojq gezd gnbv gy3t qojq====')?.toString()).toBe('12345678901234567890')
  })

  it.each(['', 'A', 'GEZDGNBVGY3TQOJQ', 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1', '='.repeat(40)])(
    'that is %j is none: less than 128 bits, or no base32',
    (text) => {
      expect(seedBytes(text)).toBeUndefined()
    },
  )
})
