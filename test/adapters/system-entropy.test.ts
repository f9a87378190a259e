import { systemEntropy } from '../../lambda/adapters/system-entropy.ts'

describe('the entropy of the system', () => {
  it('gives as many bytes as were asked for, never the same twice', () => {
    const seen = new Set<string>()
    for (let round = 0; round < 3_000; round++) {
      const bytes = systemEntropy.bytes(12)
      expect(bytes).toHaveLength(12)
      seen.add(bytes.toString('hex'))
    }
    expect(seen.size).toBe(3_000)
  })

  it.each([0, 1, 255, 256, 257, 8_192, 100_000])('gives %i bytes', (count) => {
    const bytes = systemEntropy.bytes(count)
    expect(bytes).toHaveLength(count)
    if (count >= 255) expect(new Set(bytes).size).toBeGreaterThan(100)
  })

  it('hands out bytes that are not touched afterwards', () => {
    const kept = Array.from({ length: 2_000 }, () => systemEntropy.bytes(16))
    const before = kept.map((bytes) => bytes.toString('hex'))
    for (let round = 0; round < 2_000; round++) systemEntropy.bytes(16).fill(0)
    expect(kept.map((bytes) => bytes.toString('hex'))).toEqual(before)
  })

  it('spreads bytes evenly', () => {
    const counts = new Uint32Array(256)
    for (let round = 0; round < 2_000; round++) for (const byte of systemEntropy.bytes(64)) counts[byte]!++
    // 500 of each expected; eight standard deviations.
    for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(180)
  })
})
