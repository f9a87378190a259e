/**
 * The engines over their real drivers.
 * @module
 */
import type { Engines } from './engine.ts'

export const installedEngines: Engines = {
  postgres: async () => (await import('./postgres.ts')).postgresEngine(),
  mysql: async () => (await import('./mysql.ts')).mysqlEngine(),
  redis: async () => (await import('./redis.ts')).redisEngine(),
}
