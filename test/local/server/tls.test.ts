import { writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { connect } from 'node:tls'
import type { RunningCoffer } from '../../../local/start.ts'
import { startForTest } from '../support/running-server.ts'
import { temporaryDirectories } from '../support/temporary-directory.ts'
import { certificate, privateKey } from '../support/tls-certificate.ts'

const newDirectory = temporaryDirectories()
let coffer: RunningCoffer
beforeEach(async () => {
  const folder = newDirectory()
  const [tlsCert, tlsKey] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  writeFileSync(tlsCert, certificate)
  writeFileSync(tlsKey, privateKey)
  ;({ coffer } = await startForTest(newDirectory(), { tlsCert, tlsKey }))
})
afterEach(() => coffer.close())

it('serves over TLS with the certificate that it was given', async () => {
  expect(coffer.url).toMatch(/^https:/)
  const status = await new Promise((resolve, reject) => {
    request(`${coffer.url}/health`, { ca: certificate }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end()
  })
  expect(status).toBe(200)
})

it('takes no TLS before 1.2, and no plain HTTP', async () => {
  const { port } = new URL(coffer.url)
  const old = connect({
    port: Number(port),
    host: '127.0.0.1',
    ca: certificate,
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
  })
  await expect(new Promise((resolve, reject) => old.on('secureConnect', resolve).on('error', reject))).rejects.toThrow()
  await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow()
})
