/** A process for tests: `coffer serve` over stub services, every call of which takes the milliseconds of TEST_CALL_MS. */
import { setTimeout as wait } from 'node:timers/promises'
import { serve } from '../../../local/cli/serve.ts'
import { stubServices } from './stub-services.ts'

const callMs = Number(process.env.TEST_CALL_MS ?? 0)
let arrived = 0
const { compose } = stubServices({
  secretsmanager: async () => {
    console.log(`arrived ${++arrived}`)
    await wait(callMs)
    return { status: 200, headers: {}, body: '{}', report: { operation: 'GetSecretValue' } }
  },
})
await serve({ port: '0' }, process.env, { compose })
