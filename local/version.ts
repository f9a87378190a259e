/**
 * The version of this Coffer, as package.json has it.
 * @module
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const version: string = readVersion()

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown'
}
