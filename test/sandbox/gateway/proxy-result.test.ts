import { readProxyResult } from '../../../sandbox/gateway/proxy-result.ts'

it('takes status, headers and body as the function gives them', () => {
  const result = readProxyResult(
    JSON.stringify({
      statusCode: '207',
      headers: { 'Content-Type': 'a/b', N: 1 },
      multiValueHeaders: { M: ['x', 'y'] },
      body: 'ß',
    }),
  )
  expect(result).toEqual({
    status: 207,
    headers: [
      ['Content-Type', 'a/b'],
      ['N', '1'],
      ['M', 'x'],
      ['M', 'y'],
    ],
    body: Buffer.from('ß'),
  })
  expect(readProxyResult('{"statusCode":200}')).toMatchObject({
    headers: [['Content-Type', 'application/json']],
    body: Buffer.alloc(0),
  })
  expect(readProxyResult('{"statusCode":200,"body":"AAE=","isBase64Encoded":true}')?.body).toEqual(Buffer.from([0, 1]))
})

it.each([
  'null',
  '"text"',
  '[]',
  'no JSON',
  '{}',
  '{"statusCode":"soon"}',
  '{"statusCode":42}',
  '{"statusCode":200,"body":{"a":1}}',
  '{"statusCode":200,"headers":{"a":{}}}',
  '{"statusCode":200,"headers":{"a":"b\\r\\nc: d"}}',
  '{"statusCode":200,"headers":{"a b":"c"}}',
  '{"statusCode":200,"isBase64Encoded":"yes"}',
  '{"statusCode":200,"colour":"blue"}',
])('%s is malformed', (payload) => {
  expect(readProxyResult(payload)).toBeUndefined()
})
