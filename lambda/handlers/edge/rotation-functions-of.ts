/**
 * Which functions a deployment has rotate secrets, as its functions are told by their environment.
 * @module
 */
import { awsFunctions } from '../../adapters/aws/functions/aws-functions.ts'
import { readFunctionPolicy } from '../../adapters/aws/functions/function-policy.ts'
import type { RotationFunctions } from '../../adapters/aws/functions/rotation-functions.ts'
import { managedFunctionArn } from '../../core/managed-function.ts'
import { operationModels } from '../../core/model/secrets-manager.shapes.generated.ts'
import type { FunctionService } from '../../core/ports/functions.ts'
import type { Deployment, RotationSettings } from './environment.ts'
import { settingsProblem } from '../../managed-rotation/settings.ts'
import { backgroundEntries, entryOf, functionName, MANAGED_ROTATION_ENTRY } from './function-name.ts'

/** @param invoke where functions are not only looked at */
export function functionServiceOf(
  deployment: Deployment,
  { allowedFunctions, lambdaEndpoint }: RotationSettings,
  invoke?: FunctionService['invoke'],
): FunctionService {
  const { region } = deployment
  return awsFunctions({
    functions: rotationFunctionsOf(deployment, allowedFunctions),
    readPolicy: readFunctionPolicy({ region, endpoint: lambdaEndpoint }),
    managedSettingsProblem: settingsProblem,
    ...(invoke && { invoke }),
  })
}

function rotationFunctionsOf(
  { deployment, account, region }: Deployment,
  allowed: readonly string[],
): RotationFunctions {
  const entries = [...Object.keys(operationModels).map(entryOf), ...backgroundEntries]
  const own = new Set(entries.map((entry) => functionName(deployment, entry)))
  return {
    account,
    region,
    managedArn: managedFunctionArn({ account, region }, functionName(deployment, MANAGED_ROTATION_ENTRY)),
    isOwnName: (name) => own.has(name),
    allowed,
  }
}
