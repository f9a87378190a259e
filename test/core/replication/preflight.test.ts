import { policyAuthorizer } from '../../../lambda/auth/authorizer.ts'
import { ACCOUNT } from '../../support/coffer.ts'
import { document, MemoryDirectory } from '../../support/memory-directory.ts'
import { administrationOf } from './support/administration.ts'
import { AP, EU, HOME, makeRegions, NAME, type Regions } from './support/regions.ts'
import type { PreflightRequest } from '../../../lambda/core/replication/preflight.ts'

let regions: Regions
beforeEach(() => (regions = makeRegions()))
afterEach(() => regions.close())
const { preflight } = administrationOf(() => regions)

const asked = (request: PreflightRequest = {}, region = EU, secretId = NAME) => preflight({ region, secretId }, request)
const problems = async (request: PreflightRequest = {}, region = EU) =>
  (await asked(request, region)).checks
    .filter(({ isFine }) => !isFine)
    .map(({ check, message }) => `${check}: ${message}`)

describe('asking beforehand whether a copy will work', () => {
  it('says that it will where the name is free, and by which key', async () => {
    const secret = await regions.create()
    expect(await asked({}, EU, secret)).toEqual({
      secret,
      region: EU,
      isFine: true,
      checks: [
        { check: 'region', isFine: true, message: `Coffer is in ${EU}.` },
        { check: 'name', isFine: true, message: `The name is free in ${EU}.` },
        { check: 'key', isFine: true, message: `The service's own key in ${EU} is used.` },
      ],
    })
    const kmsKeyId = regions.keys.addKey('theirs', ACCOUNT, EU)
    expect(await asked({ kmsKeyId })).toMatchObject({ isFine: true })
  })

  it('says where Coffer is not', async () => {
    expect(await problems({}, 'mars-north-1')).toEqual([
      expect.stringMatching(/^region: Coffer is not in mars-north-1\. It is in us-east-1, /),
    ])
  })

  it('SM-REPLICA-05 says that the name is taken, and what a force would do', async () => {
    await regions.create()
    await regions.call('CreateSecret', { Name: NAME, SecretString: 'local' }, EU)
    expect(await problems()).toEqual([expect.stringMatching(/^name: Secret with this name already exists/)])
    const forced = await asked({ overwrite: true })
    expect(forced).toMatchObject({ isFine: true })
    expect(forced.checks[1]?.message).toContain('is overwritten, with all its versions')
    await regions.call('ReplicateSecretToRegions', { SecretId: NAME, AddReplicaRegions: [{ Region: AP }] }, EU)
    expect(await problems({ overwrite: true })).toEqual([expect.stringMatching(/^name: .*has replicas itself/)])
  })

  it('says that there is a replica already, and of whom', async () => {
    await regions.create({}, EU)
    const { checks, isFine } = await asked()
    expect(isFine).toBe(true)
    expect(checks[1]?.message).toContain('is a replica of the secret in us-east-1')
  })

  it('says that the name is reserved by one that is being purged', async () => {
    await regions.create()
    await regions.call('CreateSecret', { Name: NAME, SecretString: 'local' }, EU)
    const head = await regions.headIn(EU)
    await regions.store.commit({ head: { ...head, state: 'purging', revision: head.revision + 1 }, put: [], drop: [] })
    expect(await problems({ overwrite: true })).toEqual([expect.stringMatching(/^name: .*is being deleted/)])
  })

  it.each<[string, () => string, RegExp]>([
    ['of another Region', () => regions.keys.addKey('mine'), /^key: .*KMS key must be a symmetric/],
    ['that is not there', () => `arn:aws:kms:${EU}:${ACCOUNT}:key/none`, /^key: /],
    [
      'that nobody may use',
      () => {
        const arn = regions.keys.addKey('theirs', ACCOUNT, EU)
        regions.keys.policies.set(arn, JSON.stringify({ Version: '2012-10-17', Statement: [] }))
        return arn
      },
      /^key: Access to the KMS key is not allowed/,
    ],
  ])('SM-REPLICA-03 says what is wrong with a key %s, in the words of the status', async (_, keyOf, message) => {
    const kmsKeyId = keyOf()
    const [problem = ''] = await problems({ kmsKeyId })
    expect(problem).toMatch(message)
    await regions.create({ AddReplicaRegions: [{ Region: EU, KmsKeyId: kmsKeyId }] })
    expect((await regions.statuses())[EU]).toMatch(/^Failed: /)
  })

  it('is not for whom the policy of the secret there keeps out, by whatever ARN it is asked about', async () => {
    const directory = new MemoryDirectory()
    regions.close()
    regions = makeRegions({ authorizer: policyAuthorizer(directory) })
    const may = (name: string) => directory.user(name, { allow: [{ Action: '*' }] })
    const [owner, eve] = [may('owner'), may('eve')]
    await regions.callAs(owner, 'CreateSecret', { Name: NAME, SecretString: 'local' }, EU)
    const deny = { Effect: 'Deny', Principal: { AWS: eve.arn }, Action: 'coffer:PreflightReplication' } as const
    await regions.callAs(owner, 'PutResourcePolicy', { ResourcePolicy: document([deny]) }, EU)
    const { suffix } = await regions.headIn(EU)
    const arn = (its: string) => `arn:aws:secretsmanager:${HOME}:${ACCOUNT}:secret:${NAME}-${its}`
    for (const secretId of [NAME, arn(suffix), arn('AbCdEf')]) {
      const refused = preflight({ region: EU, secretId, principal: eve })
      await expect(refused).rejects.toMatchObject({ code: 'AccessDeniedException' })
    }
    expect(await preflight({ region: EU, secretId: arn('AbCdEf'), principal: owner })).toMatchObject({ isFine: false })
  })

  it('changes nothing', async () => {
    await regions.create()
    await asked({ kmsKeyId: regions.keys.addKey('theirs', ACCOUNT, EU) })
    expect(await regions.head(EU)).toBeUndefined()
    expect(await regions.link(EU)).toBeUndefined()
    expect(regions.keys.made).toHaveLength(1)
  })
})
