import {
  assumptions,
  cheaperFrom,
  millionChanges,
  millionReads,
  secretMonth,
  sum,
  theirs,
} from '../../../tools/cost/cost.ts'
import { costTables } from '../../../tools/cost/table.ts'

const partOf = (shares: ReturnType<typeof millionReads>, part: string): number =>
  shares.find((share) => share.part === part)!.dollars

describe('the cost of a deployment', () => {
  it('of a million reads is the sum of what each service asks for the calls that were counted', () => {
    const shares = millionReads('operation')
    expect(partOf(shares, 'API Gateway')).toBeCloseTo(3.5)
    expect(partOf(shares, 'KMS')).toBeCloseTo(3)
    expect(partOf(shares, 'DynamoDB')).toBeCloseTo(0.125)
    const seconds = (assumptions.billedMilliseconds / 1000) * assumptions.memoryGigabytes
    expect(partOf(shares, 'Lambda')).toBeCloseTo(0.2 + seconds * 13.3334)
    expect(sum(shares)).toBeGreaterThan(theirs.millionReads)
  })

  it('is higher by a second function through the front door', () => {
    expect(sum(millionReads('front door')) - sum(millionReads('operation'))).toBeGreaterThan(0.2)
  })

  it('of a secret is a key in each Region, or next to nothing in shared mode', () => {
    expect(sum(secretMonth('per-secret', 0))).toBeCloseTo(1, 3)
    expect(sum(secretMonth('per-secret', 2))).toBeCloseTo(3, 3)
    expect(sum(secretMonth('shared', 2))).toBeLessThan(0.0001)
    expect(theirs.secretMonth(2)).toBeCloseTo(1.2)
  })

  it('of a change grows with the Regions of the deployment by its writes alone, and with each replica by the work of copying it', () => {
    const [alone, second, copied] = [
      millionChanges({ regions: 1, replicas: 0 }),
      millionChanges({ regions: 2, replicas: 0 }),
      millionChanges({ regions: 2, replicas: 1 }),
    ]
    expect(partOf(alone, 'KMS')).toBeCloseTo(3)
    expect(sum(second) - sum(alone)).toBeCloseTo(10 * 0.625)
    expect(partOf(copied, 'KMS')).toBeCloseTo(9)
    expect(partOf(copied, 'DynamoDB') - partOf(second, 'DynamoDB')).toBeCloseTo(2 * 12 * 0.625 + 6 * 5.5 * 0.125)
    expect(partOf(copied, 'Lambda')).toBeGreaterThan(partOf(second, 'Lambda'))
  })

  it("is less than AWS Secrets Manager's never with a key per secret, and in shared mode from a few secrets that are not read all the time", () => {
    expect(cheaperFrom('per-secret', 0, 0)).toBeUndefined()
    expect(cheaperFrom('shared', 1_000, 5)).toBe(13)
    expect(cheaperFrom('shared', 1_000_000, 5)).toBeUndefined()
  })

  it('is told in tables with every figure in them', () => {
    const text = costTables()
    expect(text).not.toMatch(/NaN|undefined|Infinity/)
    expect(text).toContain('`keyMode: per-secret`')
  })
})
