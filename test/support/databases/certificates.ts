/**
 * A certificate authority of the run, and certificates that it signs.
 * @module
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Certificates {
  /** PEM text. */
  readonly authority: string
  readonly authorityPath: string
  /** For `localhost`, 127.0.0.1 and ::1. */
  readonly certificatePath: string
  readonly keyPath: string
}

export function makeCertificates(directory: string, names = 'DNS:localhost,IP:127.0.0.1,IP:::1'): Certificates {
  const path = (name: string): string => join(directory, name)
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(
    ...['req', '-x509', ...newKey, '-keyout', path('ca.key'), '-out', path('ca.pem'), '-days', '2'],
    ...['-subj', '/CN=Authority of a test run'],
  )
  openssl('req', ...newKey, '-keyout', path('server.key'), '-out', path('server.csr'), '-subj', '/CN=server')
  writeFileSync(path('server.ext'), `subjectAltName=${names}\n`)
  openssl(
    ...['x509', '-req', '-in', path('server.csr'), '-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-CAcreateserial'],
    ...['-out', path('server.pem'), '-days', '2', '-extfile', path('server.ext')],
  )
  chmodSync(path('server.key'), 0o600)
  return {
    authority: readFileSync(path('ca.pem'), 'utf8'),
    authorityPath: path('ca.pem'),
    certificatePath: path('server.pem'),
    keyPath: path('server.key'),
  }
}
