import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { composeServices } from '../../../local/compose.ts'
import { ADMIN, callSigned, startForTest } from '../support/running-server.ts'
import { temporaryDirectories } from '../support/temporary-directory.ts'

const newDirectory = temporaryDirectories()
const ACCOUNT = '123456789012'
const reader = { accessKeyId: 'AKIAREADERREADERREAD', secretAccessKey: 'secret-of-the-reader' }
const nobody = { accessKeyId: 'AKIANOBODYNOBODYNOBO', secretAccessKey: 'secret-of-nobody' }

const identities = (action: string): string =>
  JSON.stringify({
    accounts: {
      [ACCOUNT]: {
        users: {
          reader: {
            accessKeys: [{ id: reader.accessKeyId, secret: reader.secretAccessKey }],
            policies: {
              p: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }] },
            },
          },
          nobody: { accessKeys: [{ id: nobody.accessKeyId, secret: nobody.secretAccessKey }] },
        },
      },
    },
  })

it('the identities of the file may do what their policies say, from the moment the file says it, and the admin everything', async () => {
  const directory = newDirectory()
  const file = join(directory, 'identities.json')
  writeFileSync(file, identities('secretsmanager:DescribeSecret'))
  const { coffer } = await startForTest(join(directory, 'data'), { identities: file }, { compose: composeServices })
  const call = async (operation: string, body: object, credentials = ADMIN): Promise<string> => {
    const answer = await callSigned(coffer.url, {
      headers: { 'x-amz-target': `secretsmanager.${operation}`, 'content-type': 'application/x-amz-json-1.1' },
      body: JSON.stringify(body),
      credentials,
    })
    const { __type } = (await answer.json()) as { __type?: string }
    return __type ?? 'done'
  }
  try {
    const token = 'a'.repeat(32)
    expect(await call('CreateSecret', { Name: 's', SecretString: 'x', ClientRequestToken: token })).toBe('done')
    expect(await call('DescribeSecret', { SecretId: 's' }, reader)).toBe('done')
    expect(await call('GetSecretValue', { SecretId: 's' }, reader)).toBe('AccessDeniedException')
    expect(await call('DescribeSecret', { SecretId: 's' }, nobody)).toBe('AccessDeniedException')

    writeFileSync(file, identities('secretsmanager:GetSecretValue'))
    await coffer.reloadIdentities()
    expect(await call('GetSecretValue', { SecretId: 's' }, reader)).toBe('done')
    expect(await call('DescribeSecret', { SecretId: 's' }, reader)).toBe('AccessDeniedException')

    writeFileSync(file, '{"accounts": {}}')
    await coffer.reloadIdentities()
    expect(await call('GetSecretValue', { SecretId: 's' }, reader)).toBe('UnrecognizedClientException')
    expect(await call('GetSecretValue', { SecretId: 's' })).toBe('done')
  } finally {
    await coffer.close()
  }
})
