import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAccount } from '../../../local/cli/account.ts'

let server: Server
afterEach(() => new Promise((resolve) => server.close(resolve)))

/** What is printed when a server gives this answer. */
async function printed(answer: object): Promise<string> {
  server = createServer((_, response) => response.end(JSON.stringify(answer)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const environment = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: 'AKIAADMIN',
    AWS_SECRET_ACCESS_KEY: 'secret',
    SHELL: '/bin/bash',
  }
  return createAccount({ account: '222222222222' }, environment)
}

const ANSWER = { arn: 'arn:aws:iam::222222222222:user/admin', accessKeyId: 'AKIA', secretAccessKey: 'abc' }

describe('what `account create` prints', () => {
  it('is nothing for a shell to run, whatever the server answers', async () => {
    const lines = await printed({ ...ANSWER, secretAccessKey: "a'; touch x; $(y)" })
    expect(lines).toContain(String.raw`export AWS_SECRET_ACCESS_KEY='a'\''; touch x; $(y)';`)
  })

  it('is nothing at all where the comment would not end with its line', async () => {
    await expect(printed({ ...ANSWER, arn: `${ANSWER.arn}\ntouch x` })).rejects.toThrow('is it a Coffer?')
  })
})
