/**
 * What kind of world a seed makes: calm ones and rough ones, so that every trouble is also met alone.
 * @module
 */
import type { KeyMode } from '../../../lambda/core/ports/key-service.ts'
import type { NetworkTraits } from './network.ts'
import type { Random } from './random.ts'

const ALL_REGIONS = ['eu-west-1', 'us-east-1', 'ap-south-1', 'sa-east-1', 'af-south-1']
const ALL_NAMES = ['a', 'b', 'c']

export interface Traits {
  readonly regions: readonly string[]
  readonly names: readonly string[]
  readonly steps: number
  readonly keyMode: KeyMode
  /** See SimulatedTable. */
  readonly isSelective: boolean
  readonly network: NetworkTraits
  /** Milliseconds between two steps, at most. */
  readonly longestGap: number
  /** How often a gap is hours, or days. */
  readonly restShare: number
  readonly pauseShare: number
  readonly longestPause: number
  readonly crashShare: number
  readonly faultShare: number
  /** How often a change starts no work where it is seen. */
  readonly lostShare: number
  /** Weights of the steps that disturb. */
  readonly cutWeight: number
  readonly outageWeight: number
  /** Milliseconds that a Region's clock is wrong, at most. */
  readonly skew: number
}

export function drawTraits(random: Random): Traits {
  const isCalm = random.chance(0.2)
  const maybe = (share: number): number => (isCalm || random.chance(0.4) ? 0 : share)
  return {
    regions: ALL_REGIONS.slice(0, random.pick([3, 3, 4, 4, 5])),
    names: ALL_NAMES.slice(0, random.pick([1, 1, 1, 2, 3])),
    // Most are short: what goes wrong needs a few steps, and many seeds.
    steps: random.chance(0.1) ? random.between(60, 120) : random.between(40, 55),
    keyMode: random.chance(0.75) ? 'per-secret' : 'shared',
    isSelective: random.chance(0.5),
    network: {
      usualDelay: random.pick([10, 500, 2_000, 60_000]),
      longDelay: random.pick([5_000, 120_000, 3_600_000]),
      longShare: maybe(0.15),
      doubledShare: maybe(0.1),
    },
    longestGap: random.pick([200, 5_000, 60_000, 600_000]),
    restShare: random.pick([0, 0, 0.015]),
    pauseShare: random.pick([0, 0.1, 0.3]),
    longestPause: random.pick([100, 3_000, 60_000]),
    crashShare: maybe(random.pick([0.02, 0.1])),
    faultShare: maybe(0.04),
    lostShare: maybe(0.1),
    cutWeight: isCalm ? 0 : random.pick([0, 2, 5]),
    outageWeight: isCalm ? 0 : random.pick([0, 2, 4]),
    skew: maybe(random.pick([50, 5_000])),
  }
}
