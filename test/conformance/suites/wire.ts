import { ResourceNotFoundException, SecretsManagerServiceException } from '@aws-sdk/client-secrets-manager'
import { WireClient, type Answer } from '../../support/wire-client.ts'
import type { Suite } from '../suite.ts'
import { secretValue, uniqueName, versionId } from '../target.ts'

const JSON_TYPE = 'application/x-amz-json-1.1'

export function wire({ bench, check }: Suite): void {
  describe('on the wire', () => {
    let client: WireClient
    beforeAll(() => {
      const { endpoint, credentials, region } = bench.target
      client = new WireClient({ endpoint, credentials, region })
    })
    afterAll(() => client.close())

    const post = (operation: string, body: string, contentType = JSON_TYPE): Promise<Answer> =>
      client.send({
        service: bench.target.signingName ?? 'secretsmanager',
        headers: { 'content-type': contentType, 'x-amz-target': `secretsmanager.${operation}` },
        body,
      })
    const typeOf = ({ text }: Answer): unknown => (JSON.parse(text) as { __type: unknown }).__type

    check('SM-WIRE-02 SM-WIRE-03 an error has its bare code and Message in the body, and headers with it', async () => {
      const answer = await post('GetSecretValue', JSON.stringify({ SecretId: uniqueName() }))
      expect(JSON.parse(answer.text)).toMatchObject({
        __type: 'ResourceNotFoundException',
        Message: "Secrets Manager can't find the specified secret.",
      })
      expect(answer.headers['x-amzn-errortype']).toBe('ResourceNotFoundException')
      expect(answer.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/)
    })

    check('SM-WIRE-04 an error is the SDK class of its name, with status 400 and a request id', async () => {
      const failure: unknown = await bench
        .secretsManager()
        .getSecretValue({ SecretId: uniqueName() })
        .catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(ResourceNotFoundException)
      expect(failure).toBeInstanceOf(SecretsManagerServiceException)
      expect(failure).toMatchObject({ $metadata: { httpStatusCode: 400, requestId: expect.stringMatching(/^\S+$/) } })
    })

    check('SM-WIRE-01 an unknown target and another content type are UnknownOperationException', async () => {
      const answers = [await post('SellSecret', '{}'), await post('ListSecrets', '{}', 'application/json')]
      for (const answer of answers) {
        expect(answer.status).toBe(400)
        expect(typeOf(answer)).toBe('UnknownOperationException')
      }
    })

    check('SM-WIRE-06 members that the model does not have are ignored', async () => {
      const answer = await post('ListSecrets', '{"MaxResults":1,"Colour":"blue","__proto__":{"MaxResults":"x"}}')
      expect(answer.status).toBe(200)
    })

    check('SM-WIRE-07 SM-WIRE-08 dates are epoch seconds with three decimals at most, blobs are base64', async () => {
      const [Name, ClientRequestToken] = [uniqueName(), versionId('v')]
      const SecretBinary = Buffer.from(secretValue()).toString('base64')
      await post('CreateSecret', JSON.stringify({ Name, ClientRequestToken, SecretBinary }))
      const { text } = await post('GetSecretValue', JSON.stringify({ SecretId: Name }))
      expect(JSON.parse(text)).toMatchObject({ SecretBinary, VersionId: ClientRequestToken })
      expect(text).toMatch(/"CreatedDate":\d{10}(\.\d{1,3})?[,}]/)
    })

    check('SM-WIRE-09 bad JSON, a wrong type and bad base64 are SerializationException', async () => {
      const bodies = ['{"SecretId":', '[]', '{"SecretId":7}', '{"SecretId":{}}']
      for (const body of bodies) expect(typeOf(await post('GetSecretValue', body))).toBe('SerializationException')
      const Name = uniqueName()
      const input = { Name, ClientRequestToken: versionId('v'), SecretBinary: '%%%' }
      expect(typeOf(await post('CreateSecret', JSON.stringify(input)))).toBe('SerializationException')
    })

    check('SM-WIRE-10 broken constraints come in one ValidationException that never repeats a value', async () => {
      const SecretString = secretValue().repeat(2000)
      const input = { Name: 'n'.repeat(513), ClientRequestToken: 'short', SecretString }
      const answer = await post('CreateSecret', JSON.stringify(input))
      expect(typeOf(answer)).toBe('ValidationException')
      expect(answer.text).toContain('3 validation errors detected')
      expect(answer.text).toContain('Member must have length less than or equal to 65536')
      expect(answer.text).not.toContain(secretValue('').slice(0, 20))
    })

    check('SM-TOKEN-01 a raw write without a token is refused, even before the secret is looked up', async () => {
      for (const operation of ['CreateSecret', 'PutSecretValue', 'UpdateSecret']) {
        const input = { SecretId: uniqueName(), Name: uniqueName(), SecretString: secretValue() }
        const answer = await post(operation, JSON.stringify(input))
        expect(JSON.parse(answer.text)).toMatchObject({
          __type: 'InvalidRequestException',
          Message: 'You must provide a ClientRequestToken value. We recommend a UUID-type value.',
        })
      }
    })

    check(
      'a signature made with another secret is InvalidSignatureException, an unknown key unrecognized',
      async () => {
        const { accessKeyId, secretAccessKey } = bench.target.credentials
        const codeWith = async (credentials: { accessKeyId: string; secretAccessKey: string }): Promise<unknown> =>
          typeOf(
            await client.send({
              service: bench.target.signingName ?? 'secretsmanager',
              headers: { 'content-type': JSON_TYPE, 'x-amz-target': 'secretsmanager.ListSecrets' },
              body: '{}',
              credentials,
            }),
          )
        expect(await codeWith({ accessKeyId, secretAccessKey: 'not-the-secret' })).toBe('InvalidSignatureException')
        expect(await codeWith({ accessKeyId: 'AKIANOBODYNOBODYNOBO', secretAccessKey })).toBe(
          'UnrecognizedClientException',
        )
      },
    )
  })

  describe('accounts and Regions', () => {
    check('STS tells who calls', async () => {
      const identity = await bench.sts().getCallerIdentity({})
      expect(identity.Account).toBe(bench.target.account)
      expect(identity.Arn).toMatch(new RegExp(`^arn:aws:(iam|sts)::${bench.target.account}:`))
      expect(identity.UserId).toMatch(/^A[A-Z0-9]+/)
    })

    check('SM-NAME-02 SM-LIST-01 two Regions know nothing of each other', async () => {
      const [here, there] = [bench.secretsManager(), bench.secretsManager(bench.target.otherRegion)]
      const Name = uniqueName()
      const [mine, yours] = [secretValue('here'), secretValue('there')]
      const made = await here.createSecret({ Name, SecretString: mine })
      await expect(there.getSecretValue({ SecretId: Name })).rejects.toBeInstanceOf(ResourceNotFoundException)
      const other = await there.createSecret({ Name, SecretString: yours })
      expect(made.ARN).toContain(`:${bench.target.region}:${bench.target.account}:secret:${Name}-`)
      expect(other.ARN).toContain(`:${bench.target.otherRegion}:${bench.target.account}:secret:${Name}-`)
      expect((await here.getSecretValue({ SecretId: Name })).SecretString).toBe(mine)
      await here.deleteSecret({ SecretId: Name, ForceDeleteWithoutRecovery: true })
      expect((await there.getSecretValue({ SecretId: Name })).SecretString).toBe(yours)
      await expect(there.describeSecret({ SecretId: made.ARN })).rejects.toBeInstanceOf(ResourceNotFoundException)
    })
  })
}
