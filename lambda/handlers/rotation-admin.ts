/**
 * The function that administers rotations.
 * @module
 */
import { rotationAdminHandler } from './edge/rotation-admin-handler.ts'

export const handler = rotationAdminHandler()
