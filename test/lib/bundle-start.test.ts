/* eslint-disable @typescript-eslint/no-unsafe-member-access -- a template's properties are any: what is not there fails the assertion */
/** Each bundle in a process of its own, with what its template and Lambda give it and nothing else: no variable, no package, no file of the repository. */
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { bundle } from '../../lib/bundling.ts'
import { allEntries, operationEntries } from '../../lib/names.ts'
import { functionOf, REGION, serviceTemplate } from './support/synthesised.ts'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'coffer-start-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const bundles = bundle(allEntries, folder)
const template = serviceTemplate()

/** What Lambda sets for every function. */
const ofLambda = {
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: 'ASIATESTTESTTESTTEST',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_SESSION_TOKEN: 'token',
  AWS_LAMBDA_FUNCTION_NAME: 'name',
}

/** Loads the handler as Lambda does; an operation is asked something that it refuses before it calls AWS. */
const SCRIPT = `
  const { handler } = require(process.argv[1] + '/index.js')
  if (typeof handler !== 'function') throw new Error('no handler')
  const context = { awsRequestId: 'r', getRemainingTimeInMillis: () => 1000 }
  if (process.argv[2] === 'operation') handler({ body: '[', httpMethod: 'POST', headers: { 'content-type': 'application/x-amz-json-1.1' }, requestContext: { requestId: 'r', identity: { accountId: '123456789012', userArn: 'arn:aws:iam::123456789012:root', user: '123456789012' } } }, context).then((answer) => console.error(JSON.stringify(answer)))
`

async function start(entry: string, environment: Record<string, string>): Promise<string> {
  const place = mkdtempSync(join(folder, 'alone-'))
  cpSync(bundles.functions[entry]!, place, { recursive: true })
  const kind = operationEntries.some((each) => each.entry === entry) ? 'operation' : 'background'
  const { stderr } = await run(process.execPath, ['-e', SCRIPT, place, kind], { cwd: place, env: environment })
  // What comes before is its log.
  return stderr.trimEnd().split('\n').at(-1) ?? ''
}

const declared = (entry: string): Record<string, string> => {
  const [, { Properties }] = functionOf(template, entry)
  return { ...(Properties.Environment.Variables as Record<string, string>), ...ofLambda }
}

test.each(allEntries)('%s starts', async (entry) => {
  const said = await start(entry, declared(entry))
  if (operationEntries.some((each) => each.entry === entry))
    expect(JSON.parse(said)).toMatchObject({
      statusCode: 400,
      headers: { 'x-amzn-errortype': 'SerializationException' },
    })
  else expect(said).toBe('')
})

test('an operation without its table answers with a fault of the service', async () => {
  const { COFFER_TABLE: _, ...environment } = declared('describe-secret')
  const answer = JSON.parse(await start('describe-secret', environment)) as { statusCode: number; body: string }
  expect(answer.statusCode).toBe(500)
  expect(answer.body).not.toContain('COFFER_TABLE')
})
