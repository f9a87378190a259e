/**
 * The URL of a deployed API: read strictly, and what can be told from it. Nothing of the SDK here: the command line reads URLs with this, too.
 * @module
 */

/** The URL or the Region of the API cannot be used: what was given and what was expected. */
export class EndpointProblem extends Error {
  override readonly name = 'EndpointProblem'
}

export const EXAMPLE_URL = 'https://abc123.execute-api.eu-central-1.amazonaws.com/v1'

/** `{api}.execute-api.{region}.amazonaws.com`, `{api}-{vpce}....` for a private API, `.cn` in China, `api.aws` for dual stack. */
const EXECUTE_API_HOST = /^[a-z0-9-]+\.execute-api\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/
const REGION_NAME = /^[a-z]{2,8}(?:-[a-z0-9]{1,16}){1,4}$/

/**
 * @param text the URL of the API with its stage or base path, such as {@link EXAMPLE_URL}
 * @returns the same without a slash at the end
 * @throws {EndpointProblem}
 */
export function parseEndpoint(text: string): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || /\s/.test(text)) throw unusable(text, 'it is not one')
  // What the message repeats may end up in a log.
  if (url.username !== '' || url.password !== '')
    throw new EndpointProblem('The URL of the API has a user name or a password in it: expected one without')
  if (url.search !== '' || url.hash !== '') throw unusable(text, 'a query or a fragment has no place in it')
  return url.origin + url.pathname.replace(/\/+$/, '')
}

/** The Region in a standard host name of API Gateway; undefined for custom domains and local servers. */
export function regionOfEndpoint(endpoint: string): string | undefined {
  return EXECUTE_API_HOST.exec(new URL(endpoint).hostname)?.[1]
}

/**
 * The Region to sign for: the one that was asked for, else the one in the host name.
 * @throws {EndpointProblem} when it is not a Region's name, or when the host name tells of another
 */
export function regionFor(endpoint: string, asked: string | undefined): string | undefined {
  const told = regionOfEndpoint(endpoint)
  if (asked === undefined) return told
  if (!REGION_NAME.test(asked))
    throw new EndpointProblem(`The Region is ${JSON.stringify(asked)}, expected a name such as eu-central-1`)
  // API Gateway would refuse every signature, in words that do not say why.
  if (told !== undefined && told !== asked)
    throw new EndpointProblem(`The Region is ${asked}, but the API at ${endpoint} is in ${told}`)
  return asked
}

function unusable(text: string, why: string): EndpointProblem {
  return new EndpointProblem(
    `The URL of the API is ${JSON.stringify(text)}, expected one such as ${EXAMPLE_URL}: ${why}`,
  )
}
