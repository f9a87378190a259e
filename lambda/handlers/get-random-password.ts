/**
 * The function of GetRandomPassword.
 * @module
 */
import { getRandomPassword } from '../core/operations/get-random-password.ts'
import { operationHandler } from './edge/operation-handler.ts'

export const handler = operationHandler(getRandomPassword)
