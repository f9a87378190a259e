/**
 * The calls that people and programs make, drawn at random: likely ones rather than legal ones. What must be refused is refused by the core.
 * @module
 */
import type { Random } from './random.ts'

export interface ApiRequest {
  readonly region: string
  readonly name: string
  /** Of the API; `Reprimary` is of administration. */
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
}

export interface Scene {
  readonly regions: readonly string[]
  readonly names: readonly string[]
  /** Regions in which there is a secret of that name. */
  readonly regionsWith: (name: string) => readonly string[]
  /** Of those, the ones whose secret is no copy. */
  readonly primariesOf: (name: string) => readonly string[]
  readonly copiesOf: (name: string) => readonly string[]
  readonly versionsIn: (region: string, name: string) => readonly string[]
  readonly customerKeys: (region: string) => readonly string[]
}

/** Operation and how often, against the others. */
const WEIGHTS: readonly (readonly [string, number])[] = [
  ['CreateSecret', 8],
  ['PutSecretValue', 18],
  ['UpdateSecret', 12],
  ['UpdateSecretVersionStage', 5],
  ['TagResource', 4],
  ['UntagResource', 2],
  ['PutResourcePolicy', 1],
  ['DeleteSecret', 4],
  ['RestoreSecret', 2],
  ['ReplicateSecretToRegions', 18],
  ['RemoveRegionsFromReplication', 10],
  ['StopReplicationToReplica', 6],
  ['GetSecretValue', 8],
  ['DescribeSecret', 5],
  ['Reprimary', 9],
]
const TOTAL = WEIGHTS.reduce((sum, [, weight]) => sum + weight, 0)
/** Any text that makes 32 characters, and no two steps the same. */
const tokenOf = (step: number): string => `step-${step}-`.padEnd(32, '-')
const LARGE = 'x'.repeat(10_000)

export function drawRequest(random: Random, scene: Scene, step: number): ApiRequest {
  const operation = drawOperation(random)
  const name = random.pick(scene.names)
  const region = drawRegion(random, scene, operation, name)
  const place = { random, scene, step, name, region }
  return { region, name, operation, input: inputs[operation]?.(place) ?? { SecretId: name } }
}

function drawOperation(random: Random): string {
  let rest = random.below(TOTAL)
  for (const [operation, weight] of WEIGHTS) {
    if (rest < weight) return operation
    rest -= weight
  }
  throw new Error('weights do not add up')
}

function drawRegion(random: Random, scene: Scene, operation: string, name: string): string {
  const likely =
    operation === 'CreateSecret'
      ? scene.regions.filter((each) => !scene.regionsWith(name).includes(each))
      : operation === 'StopReplicationToReplica'
        ? random.chance(0.7)
          ? scene.copiesOf(name)
          : scene.regionsWith(name)
        : operation.startsWith('Get') || operation === 'DescribeSecret' || operation === 'UpdateSecret'
          ? scene.regionsWith(name)
          : scene.primariesOf(name)
  return likely.length > 0 && random.chance(0.92) ? random.pick(likely) : random.pick(scene.regions)
}

interface Place {
  readonly random: Random
  readonly scene: Scene
  readonly step: number
  readonly name: string
  readonly region: string
}

const valueOf = ({ random, step, region }: Place): string =>
  `value ${step} of ${region}${random.chance(0.04) ? LARGE : ''}`

const inputs: Readonly<Record<string, (place: Place) => Readonly<Record<string, unknown>>>> = {
  CreateSecret: (place) => ({
    Name: place.name,
    ClientRequestToken: tokenOf(place.step),
    ...(place.random.chance(0.9) && { SecretString: valueOf(place) }),
    ...(place.random.chance(0.25) && { KmsKeyId: place.random.pick(place.scene.customerKeys(place.region)) }),
    ...(place.random.chance(0.5) && replicaRegions(place)),
  }),
  PutSecretValue: (place) => ({
    SecretId: place.name,
    ClientRequestToken: tokenOf(place.step),
    SecretString: valueOf(place),
    ...(place.random.chance(0.25) && { VersionStages: [place.random.pick(['AWSPENDING', 'blue', 'green'])] }),
  }),
  UpdateSecret: (place) => ({ SecretId: place.name, ...drawUpdate(place) }),
  UpdateSecretVersionStage: ({ random, scene, region, name }) => {
    const versions = scene.versionsIn(region, name)
    if (versions.length === 0) return { SecretId: name, VersionStage: 'blue' }
    return {
      SecretId: name,
      VersionStage: random.pick(['AWSCURRENT', 'AWSCURRENT', 'AWSPENDING', 'blue', 'green']),
      ...(random.chance(0.9) && { MoveToVersionId: random.pick(versions) }),
      ...(random.chance(0.8) && { RemoveFromVersionId: random.pick(versions) }),
    }
  },
  TagResource: ({ random, name, step }) => ({
    SecretId: name,
    Tags: [{ Key: random.pick(['team', 'stage']), Value: `step ${step}` }],
  }),
  UntagResource: ({ random, name }) => ({ SecretId: name, TagKeys: [random.pick(['team', 'stage'])] }),
  PutResourcePolicy: ({ name, step }) => ({
    SecretId: name,
    ResourcePolicy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: `step${step}`,
          Effect: 'Deny',
          Principal: '*',
          Action: 'secretsmanager:CancelRotateSecret',
          Resource: '*',
          Condition: { StringEquals: { 'aws:PrincipalTag/no': 'yes' } },
        },
      ],
    }),
  }),
  DeleteSecret: ({ random, name }) => ({
    SecretId: name,
    ...(random.chance(0.5) ? { ForceDeleteWithoutRecovery: true } : { RecoveryWindowInDays: 7 }),
  }),
  ReplicateSecretToRegions: (place) => ({ SecretId: place.name, ...replicaRegions(place) }),
  RemoveRegionsFromReplication: ({ random, scene, name }) => ({
    SecretId: name,
    RemoveReplicaRegions: drawSome(random, random.chance(0.8) ? scene.copiesOf(name) : [], scene.regions),
  }),
  Reprimary: ({ random, scene, name }) => ({
    to: random.pick(random.chance(0.8) && scene.regionsWith(name).length > 0 ? scene.regionsWith(name) : scene.regions),
    ...(random.chance(0.6) && { winner: random.pick(['this', 'other']) }),
  }),
}

function replicaRegions({ random, scene, region }: Place): Readonly<Record<string, unknown>> {
  const others = scene.regions.filter((each) => each !== region)
  const wanted = drawSome(random, others, others)
  return {
    AddReplicaRegions: wanted.map((each) => ({
      Region: each,
      // Now and then a key of another Region, which the call does not find out.
      ...(random.chance(0.2) && { KmsKeyId: random.pick(scene.customerKeys(random.chance(0.85) ? each : region)) }),
    })),
    ...(random.chance(0.35) && { ForceOverwriteReplicaSecret: true }),
  }
}

/** One or two, or now and then all. */
function drawSome(random: Random, from: readonly string[], otherwise: readonly string[]): readonly string[] {
  const all = from.length > 0 ? from : otherwise
  if (random.chance(0.15)) return all
  return [...new Set([random.pick(all), ...(random.chance(0.4) ? [random.pick(all)] : [])])]
}

function drawUpdate(place: Place): Readonly<Record<string, unknown>> {
  const { random, step, scene, region } = place
  const kind = random.below(10)
  if (kind < 3) return { Description: `step ${step}` }
  if (kind < 6) return { KmsKeyId: random.chance(0.4) ? '' : random.pick(scene.customerKeys(region)) }
  if (kind < 9) return { SecretString: valueOf(place), ClientRequestToken: tokenOf(step) }
  return { SecretString: valueOf(place), ClientRequestToken: tokenOf(step), KmsKeyId: '', Description: '' }
}
