/**
 * What a URL must be for a webhook, wherever it may lead.
 * @module
 */
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/** @returns what is wrong with it, to be said after its name; never a part of it */
export function webhookUrlProblem(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null) return 'is no URL'
  if (url.username !== '' || url.password !== '') return 'must hold no user and password'
  const isSecure = url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname))
  return isSecure ? undefined : 'must begin with https:// (http:// for this machine only)'
}
