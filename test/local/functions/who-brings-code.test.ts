import { CreateFunctionCommand, InvokeCommand, UpdateFunctionCodeCommand } from '@aws-sdk/client-lambda'
import { suiteDirectories } from '../../support/suite-directories.ts'
import { ACCOUNT, CODE, GIVEN, OTHER, startFunctions } from './support/functions-server.ts'

const makeDirectory = suiteDirectories()

describe('who may bring functions, which run as the user of the server', () => {
  it.each([
    ['admin', ACCOUNT, true],
    ['admin', OTHER, false],
    ['all', OTHER, true],
    ['off', ACCOUNT, false],
  ] as const)('with --functions %s an administrator of account %s: %s', async (functions, account, isAllowed) => {
    const server = await startFunctions({ directory: makeDirectory(), functions })
    try {
      await server.role('rotation')
      const lambda = server.client(await server.admin(account))
      const made = lambda.send(new CreateFunctionCommand({ FunctionName: 'f', ...GIVEN }))
      if (isAllowed && account === ACCOUNT) {
        await made
        await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'f', ZipFile: CODE }))
      } else if (isAllowed) {
        // Its role is of the other account; that it gets as far as that is the point.
        await expect(made).rejects.toThrow(/pass role/)
      } else {
        await expect(made).rejects.toMatchObject({ name: 'AccessDeniedException' })
        await expect(made).rejects.toThrow(
          functions === 'off' ? /^Functions are off here/ : /run as this server's own user/,
        )
        await expect(lambda.send(new InvokeCommand({ FunctionName: 'f' }))).rejects.toMatchObject({
          name: 'ResourceNotFoundException',
        })
      }
    } finally {
      await server.close()
    }
  })
})
