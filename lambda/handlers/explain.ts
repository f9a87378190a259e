/**
 * The function that explains access.
 * @module
 */
import { explainHandler } from './edge/explain-handler.ts'

export const handler = explainHandler()
