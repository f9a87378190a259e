import { signRequest } from '../../../local/sigv4/sign.ts'
import { signWithStock } from '../support/stock-signer.ts'

describe('signRequest', () => {
  it.each([undefined, 'a-session-token'])(
    'signs as the stock signer does (session token: %s)',
    async (sessionToken) => {
      const date = new Date(Date.UTC(2026, 1, 3, 4, 5, 6))
      const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'a/secret+key' }
      const session = sessionToken === undefined ? {} : { sessionToken }
      const body = '{"advance":"30d"}'
      const headers = { host: 'localhost:1', 'content-type': 'application/json' }
      const stock = await signWithStock(
        { method: 'POST', path: '/_coffer/clock', headers, body },
        { ...credentials, ...session, region: 'eu-west-1', service: 'coffer', date },
      )
      // The stock signer adds the payload's hash as a header; given the same headers, the signatures must agree.
      const hash = { 'x-amz-content-sha256': stock['x-amz-content-sha256'] ?? '' }
      const ours = signRequest(
        { method: 'POST', url: '/_coffer/clock', headers: { ...headers, ...hash }, body },
        { ...credentials, ...session },
        { region: 'eu-west-1', service: 'coffer', time: date.getTime() },
      )
      expect(ours).toEqual(stock)
    },
  )
})
