import { EndpointProblem, parseEndpoint, regionFor, regionOfEndpoint } from '../../client/endpoint.ts'

describe('the URL of an API', () => {
  it.each([
    ['https://a1.execute-api.eu-central-1.amazonaws.com/v1', 'https://a1.execute-api.eu-central-1.amazonaws.com/v1'],
    ['https://a1.execute-api.eu-central-1.amazonaws.com/v1/', 'https://a1.execute-api.eu-central-1.amazonaws.com/v1'],
    ['https://Secrets.Example.com', 'https://secrets.example.com'],
    ['http://127.0.0.1:7766/', 'http://127.0.0.1:7766'],
    ['http://[::1]:7766/a/b//', 'http://[::1]:7766/a/b'],
  ])('%s is taken without the slash at its end', (text, expected) => {
    expect(parseEndpoint(text)).toBe(expected)
  })

  it.each([
    'abc123.execute-api.eu-central-1.amazonaws.com/v1',
    'localhost:7766',
    'ftp://a',
    'https://',
    'https://a/v1?x=1',
    'https://a/v1#x',
    'https://a /v1',
    'https://a/v1\n',
    '',
  ])('%j is refused with an example', (text) => {
    expect(() => parseEndpoint(text)).toThrow(EndpointProblem)
    expect(() => parseEndpoint(text)).toThrow(/expected one such as https:\/\/abc123\.execute-api\./)
  })

  it('with a password in it is refused without repeating it', () => {
    expect(() => parseEndpoint('https://me:hunter2@a/v1')).toThrow(
      /^(?!.*hunter2).*has a user name or a password in it/,
    )
  })
})

describe('the Region of an API', () => {
  it.each([
    ['https://abc123.execute-api.eu-central-1.amazonaws.com/v1', 'eu-central-1'],
    ['https://abc123-vpce-0f1.execute-api.us-east-2.amazonaws.com/v1', 'us-east-2'],
    ['https://abc123.execute-api.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
    ['https://abc123.execute-api.cn-north-1.amazonaws.com.cn/v1', 'cn-north-1'],
    ['https://abc123.execute-api.us-west-2.api.aws/v1', 'us-west-2'],
    ['https://secrets.example.com', undefined],
    ['https://abc123.execute-api.eu-central-1.amazonaws.com.evil.example', undefined],
    ['http://127.0.0.1:7766', undefined],
  ])('%s: %s', (url, region) => {
    expect(regionOfEndpoint(url)).toBe(region)
  })

  it('that was asked for is used where the host name tells none', () => {
    expect(regionFor('https://secrets.example.com', 'eu-west-1')).toBe('eu-west-1')
  })

  it('that was asked for and is not the one of the host name is refused', () => {
    expect(() => regionFor('https://a1.execute-api.eu-central-1.amazonaws.com', 'us-east-1')).toThrow(
      'The Region is us-east-1, but the API at https://a1.execute-api.eu-central-1.amazonaws.com is in eu-central-1',
    )
  })

  it.each(['Frankfurt', 'eu central 1', ''])('%j is not one', (region) => {
    expect(() => regionFor('https://secrets.example.com', region)).toThrow(/expected a name such as eu-central-1/)
  })
})
