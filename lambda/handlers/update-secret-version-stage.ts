/**
 * The function of UpdateSecretVersionStage.
 * @module
 */
import { updateSecretVersionStage } from '../core/operations/update-secret-version-stage.ts'
import { operationHandler } from './edge/operation-handler.ts'

export const handler = operationHandler(updateSecretVersionStage)
