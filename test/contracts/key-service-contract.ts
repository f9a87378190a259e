/**
 * What every KeyService does, whatever stands behind it. Run by each adapter with a factory of its own.
 */
import { randomBytes } from 'node:crypto'
import type { KeyMode, KeyScope, KeyService, KeyEncryptUse } from '../../lambda/core/ports/key-service.ts'
import { KeyFailure } from '../../lambda/core/ports/key-service.ts'

export interface CustomerKey {
  readonly keyId: string
  readonly arn: string
}

export interface KeyOptions {
  readonly multiRegion?: boolean
  /** One tag. */
  readonly tag?: { readonly key: string; readonly value: string }
}

/** One service under test, with the means to make and break customer keys beside it. */
export interface KeyServiceUnderTest {
  readonly service: KeyService
  /** An account and Region that the keys below live in. */
  readonly scope: KeyScope
  readonly createKey: (options?: KeyOptions) => Promise<CustomerKey>
  /** @returns the alias name */
  readonly createAlias: (key: CustomerKey) => Promise<string>
  readonly setPolicy: (keyArn: string, policy: string) => Promise<void>
  readonly disable: (keyArn: string) => Promise<void>
  readonly scheduleDeletion: (keyArn: string) => Promise<void>
  readonly stateOf: (keyArn: string) => Promise<string>
  readonly dispose: () => Promise<void>
}

export interface ContractOptions {
  /** Tests that cannot hold for an adapter, by title, each with its reason. */
  readonly skip?: readonly { readonly test: string; readonly reason: string }[]
}

export function keyServiceContract(
  adapter: string,
  make: (mode: KeyMode) => Promise<KeyServiceUnderTest>,
  { skip = [] }: ContractOptions = {},
): void {
  const titles = new Set<string>()
  const check = (title: string, body: () => Promise<void>): void => {
    titles.add(title)
    const skipped = skip.find(({ test }) => test === title)
    if (skipped) it.skip(`${title} (skipped: ${skipped.reason})`, body)
    else it(title, body)
  }

  describe(`the key service contract, ${adapter}`, () => {
    let subject: KeyServiceUnderTest
    afterEach(() => subject.dispose())

    const secretArn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:app/db-AbCdEf'
    const context = { SecretARN: secretArn, SecretVersionId: '11111111-2222-4333-8444-555555555555' }
    const use = (keyId: string, owner: KeyEncryptUse['owner'] = 'customer'): KeyEncryptUse => ({
      keyId,
      owner,
      context,
      scope: subject.scope,
    })
    const bytesOf = async (
      wrapped: Uint8Array,
      keyId: string,
      changed: Partial<typeof context> = {},
    ): Promise<Buffer> => {
      const key = await subject.service.unwrapDataKey({ ...use(keyId), context: { ...context, ...changed }, wrapped })
      return Buffer.from(key)
    }

    describe.each(['per-secret', 'shared'] as const)('in %s mode', (mode) => {
      beforeEach(async () => (subject = await make(mode)))

      check(`SM-KMS-09 refuses a service key that a caller names as their own: ${mode}`, async () => {
        const keyId = await subject.service.serviceKey({ secretArn, scope: subject.scope })
        expect(await failure(subject.service.generateDataKey(use(keyId)))).toMatchObject({ kind: 'denied' })
      })

      check(`gives out data keys of 256 bits under the service key: ${mode}`, async () => {
        expect(subject.service.mode).toBe(mode)
        const keyId = await subject.service.serviceKey({ secretArn, scope: subject.scope })
        const [first, second] = [
          await subject.service.generateDataKey(use(keyId, 'service')),
          await subject.service.generateDataKey(use(keyId, 'service')),
        ]
        expect(first.keyArn).toBe(keyId)
        expect(first.key.byteLength).toBe(32)
        expect(first.key).not.toEqual(second.key)
        expect(await bytesOf(first.wrapped, keyId)).toEqual(first.key)
      })

      check(`unwraps only under the same context: ${mode}`, async () => {
        const keyId = await subject.service.serviceKey({ secretArn, scope: subject.scope })
        const { wrapped } = await subject.service.generateDataKey(use(keyId, 'service'))
        for (const changed of [{ SecretVersionId: 'other' }, { SecretARN: `${secretArn}x` }])
          expect(await failure(bytesOf(wrapped, keyId, changed))).toMatchObject({
            kind: 'unusable',
            code: 'InvalidCiphertextException',
          })
      })
    })

    describe('with the service keys', () => {
      check('makes a key for each secret when keys are per secret', async () => {
        subject = await make('per-secret')
        const ask = (): Promise<string> => subject.service.serviceKey({ secretArn, scope: subject.scope })
        expect(new Set(await Promise.all([ask(), ask(), ask()])).size).toBe(3)
      })

      check('makes one key when it is shared, also under concurrency', async () => {
        subject = await make('shared')
        const ask = (): Promise<string> => subject.service.serviceKey({ secretArn, scope: subject.scope })
        expect(new Set(await Promise.all([ask(), ask(), ask()])).size).toBe(1)
      })

      check('retires a dedicated key, any number of times, and then refuses to use it', async () => {
        subject = await make('per-secret')
        const keyId = await subject.service.serviceKey({ secretArn, scope: subject.scope })
        const { wrapped } = await subject.service.generateDataKey(use(keyId, 'service'))
        await subject.service.retireServiceKey(keyId)
        await subject.service.retireServiceKey(keyId)
        expect(await subject.stateOf(keyId)).toBe('PendingDeletion')
        expect(await failure(bytesOf(wrapped, keyId))).toMatchObject({
          kind: 'unusable',
          code: 'KMSInvalidStateException',
          message: `${keyId} is pending deletion.`,
        })
      })

      check('never retires a shared or a customer key, nor one that is not there', async () => {
        subject = await make('shared')
        const shared = await subject.service.serviceKey({ secretArn, scope: subject.scope })
        const { arn } = await subject.createKey()
        for (const keyArn of [shared, arn, arn.replace(/.{12}$/, '000000000000')])
          await subject.service.retireServiceKey(keyArn)
        expect(await subject.stateOf(shared)).toBe('Enabled')
        expect(await subject.stateOf(arn)).toBe('Enabled')
      })
    })

    describe('describing keys', () => {
      const describeKey = (keyId: string) => subject.service.describeKey({ keyId, scope: subject.scope })
      beforeEach(async () => (subject = await make('per-secret')))

      check('tells of a customer key what decides who may use it, by any of its names', async () => {
        const key = await subject.createKey({ tag: { key: 'team', value: 'db' } })
        const alias = await subject.createAlias(key)
        for (const keyId of [key.keyId, key.arn, alias, key.arn.replace(/key\/.*$/, alias)]) {
          const described = await describeKey(keyId)
          expect(described).toMatchObject({
            arn: key.arn,
            account: subject.scope.account,
            region: subject.scope.region,
            tags: [{ key: 'team', value: 'db' }],
            keySpec: 'SYMMETRIC_DEFAULT',
            keyUsage: 'ENCRYPT_DECRYPT',
            origin: 'AWS_KMS',
          })
          expect(described.multiRegionType).toBeUndefined()
          expect([undefined, [alias]]).toContainEqual(described.aliases)
          expect(JSON.parse(described.policy)).toMatchObject({
            Statement: [
              {
                Effect: 'Allow',
                Principal: { AWS: `arn:aws:iam::${subject.scope.account}:root` },
                Action: 'kms:*',
                Resource: '*',
              },
            ],
          })
        }
      })

      check('tells of the primary of a multi-Region key', async () => {
        const { arn } = await subject.createKey({ multiRegion: true })
        expect(await describeKey(arn)).toMatchObject({ arn, multiRegionType: 'PRIMARY' })
      })

      check('gives the policy as it was set, word for word', async () => {
        const { arn } = await subject.createKey()
        const statement = { Effect: 'Allow', Principal: { AWS: subject.scope.account }, Action: 'kms:*', Resource: '*' }
        const policy = ` ${JSON.stringify({ Version: '2012-10-17', Id: 'mine', Statement: [statement] })} `
        await subject.setPolicy(arn, policy)
        expect((await describeKey(arn)).policy).toBe(policy)
      })

      check('describes a key in any state: whether it works is for its use to say', async () => {
        const [disabled, pending] = [await subject.createKey(), await subject.createKey()]
        await subject.disable(disabled.arn)
        await subject.scheduleDeletion(pending.arn)
        for (const { arn } of [disabled, pending]) expect(await describeKey(arn)).toMatchObject({ arn })
      })

      check('SM-KMS-09 denies a service key', async () => {
        const keyId = await subject.service.serviceKey({ secretArn, scope: subject.scope })
        expect(await failure(describeKey(keyId))).toMatchObject({ kind: 'denied' })
      })

      check('tells of a key or an alias that is not there, and denies those of another account', async () => {
        const { arn } = await subject.createKey()
        const missing = arn.replace(/.{12}$/, '000000000000')
        for (const keyId of [missing, 'alias/missing', arn.replace(subject.scope.region, 'ap-south-1')])
          expect(await failure(describeKey(keyId))).toMatchObject({ kind: 'unusable', code: 'NotFoundException' })
        for (const keyId of [arn, arn.replace(/key\/.*$/, 'alias/missing')]) {
          const foreign = keyId.replace(subject.scope.account, '999988887777')
          expect(await failure(describeKey(foreign))).toMatchObject({ kind: 'denied' })
        }
      })
    })

    describe('with customer keys', () => {
      beforeEach(async () => (subject = await make('per-secret')))

      check('takes a key id, an ARN, an alias name and an alias ARN, and answers with the ARN', async () => {
        const key = await subject.createKey()
        const alias = await subject.createAlias(key)
        const aliasArn = key.arn.replace(/key\/.*$/, alias)
        for (const keyId of [key.keyId, key.arn, alias, aliasArn]) {
          const made = await subject.service.generateDataKey(use(keyId))
          expect(made.keyArn).toBe(key.arn)
          expect(await bytesOf(made.wrapped, key.arn)).toEqual(made.key)
        }
      })

      check('wraps a data key that the caller made', async () => {
        const { arn } = await subject.createKey()
        const dataKey = randomBytes(32)
        const { wrapped, keyArn } = await subject.service.wrapDataKey({ ...use(arn), dataKey })
        expect(keyArn).toBe(arn)
        expect(Buffer.from(wrapped).includes(dataKey)).toBe(false)
        expect(await bytesOf(wrapped, arn)).toEqual(dataKey)
      })

      check('unwraps only with the key that is named', async () => {
        const [key, other] = [await subject.createKey(), await subject.createKey()]
        const { wrapped } = await subject.service.generateDataKey(use(key.arn))
        expect(await failure(bytesOf(wrapped, other.arn))).toMatchObject({
          kind: 'unusable',
          code: 'IncorrectKeyException',
        })
      })

      check('refuses a wrapped key that was changed', async () => {
        const { arn } = await subject.createKey()
        const wrapped = Buffer.from((await subject.service.generateDataKey(use(arn))).wrapped)
        wrapped.writeUInt8(wrapped.readUInt8(wrapped.length - 1) ^ 1, wrapped.length - 1)
        const refused = { kind: 'unusable', code: 'InvalidCiphertextException' }
        expect(await failure(bytesOf(wrapped, arn))).toMatchObject(refused)
        expect(await failure(bytesOf(Buffer.from('junk'), arn))).toMatchObject(refused)
        expect(await failure(bytesOf(Buffer.alloc(0), arn))).toMatchObject(refused)
      })

      check('refuses every use of a disabled key', async () => {
        const { arn } = await subject.createKey()
        const { wrapped } = await subject.service.generateDataKey(use(arn))
        await subject.disable(arn)
        const refused = { kind: 'unusable', code: 'DisabledException', message: `${arn} is disabled.` }
        expect(await failure(bytesOf(wrapped, arn))).toMatchObject(refused)
        expect(await failure(subject.service.generateDataKey(use(arn)))).toMatchObject(refused)
        expect(await failure(subject.service.wrapDataKey({ ...use(arn), dataKey: randomBytes(32) }))).toMatchObject(
          refused,
        )
      })

      check('refuses a key that is pending deletion', async () => {
        const { arn } = await subject.createKey()
        await subject.scheduleDeletion(arn)
        expect(await failure(subject.service.generateDataKey(use(arn)))).toMatchObject({
          kind: 'unusable',
          code: 'KMSInvalidStateException',
        })
      })

      check('tells of a key or an alias that is not there, with a request id', async () => {
        const { arn } = await subject.createKey()
        const missing = arn.replace(/.{12}$/, '000000000000')
        const found = await failure(subject.service.generateDataKey(use(missing)))
        expect(found).toMatchObject({
          kind: 'unusable',
          code: 'NotFoundException',
          message: `Key '${missing}' does not exist`,
        })
        expect(found.requestId).toMatch(/^[0-9a-f-]{36}$/)
        const alias = arn.replace(/key\/.*$/, 'alias/missing')
        expect(await failure(subject.service.generateDataKey(use('alias/missing')))).toMatchObject({
          kind: 'unusable',
          code: 'NotFoundException',
          message: `Alias ${alias} is not found.`,
        })
      })

      check('does not look in another Region', async () => {
        const { arn } = await subject.createKey()
        const elsewhere = arn.replace(subject.scope.region, 'ap-south-1')
        expect(await failure(subject.service.generateDataKey(use(elsewhere)))).toMatchObject({
          kind: 'unusable',
          code: 'NotFoundException',
        })
      })

      check('denies a key of another account that is not there', async () => {
        const { arn } = await subject.createKey()
        const foreign = arn.replace(subject.scope.account, '999988887777')
        expect(await failure(subject.service.generateDataKey(use(foreign)))).toMatchObject({ kind: 'denied' })
        const { wrapped } = await subject.service.generateDataKey(use(arn))
        expect(await failure(bytesOf(wrapped, foreign))).toMatchObject({ kind: 'denied' })
      })
    })
  })

  const unknown = skip.filter(({ test }) => !titles.has(test)).map(({ test }) => test)
  if (unknown.length > 0) throw new Error(`skips that name no test of the contract: ${unknown.join('; ')}`)
}

async function failure(work: Promise<unknown>): Promise<KeyFailure> {
  try {
    await work
  } catch (error) {
    if (error instanceof KeyFailure) return error
    throw error
  }
  throw new Error('a KeyFailure was expected')
}
