/**
 * Keeps a secret at about 100 versions (behaviour 3.3).
 * @module
 */
import { DAY } from './dates.ts'
import { tooManyVersions } from './errors.ts'
import type { Version } from './secret.ts'

const MAX_VERSIONS = 100

/**
 * SM-CLEAN-01: removes versions without a label, oldest first, down to 100; never one that has a label or is younger than 24 hours.
 * @throws {ServiceError} LimitExceededException when 101 versions are left
 */
export function cleanUpVersions(versions: readonly Version[], now: number): readonly Version[] {
  const excess = versions.length - MAX_VERSIONS
  if (excess <= 0) return versions
  const removable = versions.filter(({ stages, createdAt }) => stages.length === 0 && createdAt <= now - DAY)
  const removed = new Set([...removable].sort((a, b) => a.createdAt - b.createdAt).slice(0, excess))
  if (removed.size < excess) throw tooManyVersions()
  return versions.filter((version) => !removed.has(version))
}
