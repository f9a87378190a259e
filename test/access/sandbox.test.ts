import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ExecuteApiSigner } from '../../client/execute-api-signer.ts'
import { ADMIN, ChildSandbox } from '../sandbox/support/child-sandbox.ts'
import { CopiedDeployment } from '../sandbox/support/copied-deployment.ts'
import { suiteDirectories } from '../support/suite-directories.ts'
import { FRIENDS } from './names.ts'
import { accessSuite } from './suite.ts'

const makeDirectory = suiteDirectories()
let sandbox: ChildSandbox

accessSuite('Coffer on AWS, in the sandbox', {
  region: 'eu-central-1',
  start: async (document) => {
    const folder = makeDirectory()
    const deployment = await CopiedDeployment.into(join(folder, 'cdk.out'), { allowedAccounts: [FRIENDS] })
    const file = join(folder, 'identities.json')
    writeFileSync(file, JSON.stringify(document))
    sandbox = await ChildSandbox.start('--out', deployment.folder, '--identities', file)
    const { url, kmsUrl } = sandbox.welcome
    return {
      endpoint: url,
      identityEndpoint: kmsUrl,
      admin: ADMIN,
      clientOptions: { signerConstructor: ExecuteApiSigner },
      isAws: true,
    }
  },
  stop: async () => {
    await sandbox.admin('POST', '/settle')
    const logs = await sandbox.logs()
    const report = await sandbox.stop()
    return { texts: { ...logs, report: JSON.stringify(report), output: sandbox.output } }
  },
})
