import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  AddPermissionCommand,
  CreateFunctionCommand,
  GetFunctionCommand,
  GetPolicyCommand,
  InvokeCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { Database } from '../../../lambda/adapters/embedded/database.ts'
import { CodeStore } from '../../../local/functions/code-store.ts'
import { functionSchema } from '../../../local/functions/schema.ts'
import { identityStoreSchema } from '../../../local/identities/schema.ts'
import { suiteDirectories } from '../../support/suite-directories.ts'
import { GIVEN, startFunctions, zip, type FunctionsServer } from './support/functions-server.ts'
import { StubRunner } from './support/stub-runner.ts'

const makeDirectory = suiteDirectories()
const open: FunctionsServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function start(directory: string, runner = new StubRunner()): Promise<FunctionsServer> {
  const server = await startFunctions({ directory, runner })
  open.push(server)
  return server
}

const folders = (directory: string): string[] => readdirSync(join(directory, 'functions'))

describe('functions', () => {
  it('are there after a restart, with their code, variables and policies', async () => {
    const directory = makeDirectory()
    const first = await start(directory)
    await first.role('rotation')
    const admin = await first.admin()
    const before = first.client(admin)
    await before.send(
      new CreateFunctionCommand({ FunctionName: 'kept', ...GIVEN, Environment: { Variables: { A: '1' } } }),
    )
    await before.send(
      new AddPermissionCommand({
        FunctionName: 'kept',
        StatementId: 's',
        Action: 'lambda:InvokeFunction',
        Principal: 'secretsmanager.amazonaws.com',
      }),
    )
    const { Policy } = await before.send(new GetPolicyCommand({ FunctionName: 'kept' }))
    const { Configuration } = await before.send(new GetFunctionCommand({ FunctionName: 'kept' }))
    await first.close()
    open.splice(0)

    const runner = new StubRunner()
    const second = (await start(directory, runner)).client(admin)
    expect((await second.send(new GetFunctionCommand({ FunctionName: 'kept' }))).Configuration).toEqual(Configuration)
    expect((await second.send(new GetPolicyCommand({ FunctionName: 'kept' }))).Policy).toBe(Policy)
    await second.send(new InvokeCommand({ FunctionName: 'kept' }))
    expect(existsSync(join(runner.last.fn.folder, 'index.mjs'))).toBe(true)
    expect(runner.last.fn.environment).toMatchObject({ A: '1' })
  })

  it('leave nothing readable of their variables in the database', async () => {
    const directory = makeDirectory()
    const server = await start(directory)
    await server.role('rotation')
    await server.client(await server.admin()).send(
      new CreateFunctionCommand({
        FunctionName: 'f',
        ...GIVEN,
        Environment: { Variables: { A: 'canary-variable' } },
      }),
    )
    for (const name of readdirSync(directory).filter((one) => one.startsWith('coffer.db')))
      expect(readFileSync(join(directory, name)).includes('canary-variable')).toBe(false)
  })

  it('are not those of another row: one that was moved is refused', async () => {
    const directory = makeDirectory()
    const server = await start(directory)
    await server.role('rotation')
    await server.client(await server.admin()).send(new CreateFunctionCommand({ FunctionName: 'f', ...GIVEN }))
    await server.close()
    open.splice(0)
    const database = new Database({
      path: join(directory, 'coffer.db'),
      migrations: [`${identityStoreSchema};${functionSchema}`],
    })
    await database.write(() => database.prepare("UPDATE function SET account = '222222222222'").run())
    database.close()
    await expect(startFunctions({ directory })).rejects.toThrow()
  })
})

describe('code on the disk', () => {
  it('that no function names, such as a crash between code and row leaves, is gone after the next start', async () => {
    const directory = makeDirectory()
    const first = await start(directory)
    await first.role('rotation')
    const admin = await first.admin()
    await first.client(admin).send(new CreateFunctionCommand({ FunctionName: 'kept', ...GIVEN }))
    const named = folders(directory)
    // As far as an upload gets before its row: whole, and in the middle of unpacking.
    await new CodeStore({ root: join(directory, 'functions'), newId: () => 'whole' }).add(zip({ 'a.js': '1' }))
    mkdirSync(join(directory, 'functions', 'half'))
    writeFileSync(join(directory, 'functions', 'half', 'index.mjs'), 'ex')
    expect(folders(directory)).toHaveLength(3)
    await first.close()
    open.splice(0)
    await start(directory)
    expect(folders(directory)).toEqual(named)
  })

  it('of a failed write stays that of before', async () => {
    const directory = makeDirectory()
    const runner = new StubRunner()
    const server = await start(directory, runner)
    await server.role('rotation')
    const lambda = server.client(await server.admin())
    await lambda.send(new CreateFunctionCommand({ FunctionName: 'f', ...GIVEN }))
    const before = folders(directory)
    const write = jest.spyOn(Database.prototype, 'write').mockRejectedValueOnce(new Error('disk full'))
    const update = new UpdateFunctionCodeCommand({ FunctionName: 'f', ZipFile: zip({ 'index.mjs': '2' }) })
    await expect(lambda.send(update)).rejects.toMatchObject({ name: 'ServiceException' })
    write.mockRestore()
    expect(folders(directory)).toEqual(before)
    await lambda.send(new InvokeCommand({ FunctionName: 'f' }))
    expect(readFileSync(join(runner.last.fn.folder, 'index.mjs'), 'utf8')).toContain('handler')
    await lambda.send(update)
    await lambda.send(new InvokeCommand({ FunctionName: 'f' }))
    expect(readFileSync(join(runner.last.fn.folder, 'index.mjs'), 'utf8')).toBe('2')
  })

  it('is removed where unpacking fails half-way', async () => {
    const root = makeDirectory()
    const code = new CodeStore({ root, newId: () => 'one' })
    const damaged = zip({ 'a.js': 'a'.repeat(100), 'b.js': 'b'.repeat(100) })
    damaged.fill(0xff, damaged.indexOf('b.js') + 4, damaged.indexOf('b.js') + 8)
    await expect(code.add(damaged)).rejects.toMatchObject({ name: 'ZipProblem' })
    expect(readdirSync(root)).toEqual([])
  })
})
