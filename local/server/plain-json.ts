/**
 * The JSON that Coffer's own calls under `/_coffer/` speak.
 * @module
 */
import type { WireResponse, WireService } from '../../lambda/protocol/wire.ts'
import { jsonError, type SignedEndpoint } from './endpoint.ts'

/** @returns undefined for what is not JSON */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

/** A call that only an admin access key may make. @param signingNames `coffer` alone by default */
export const adminEndpoint = (serve: WireService, signingNames: readonly string[] = ['coffer']): SignedEndpoint => ({
  kind: 'signed',
  name: 'coffer',
  signingNames,
  isAdminOnly: true,
  renderError: jsonError,
  serve,
})

/** The answers of one call, which goes by `operation` in the log and in metrics. */
export function answersOf(operation: string) {
  return {
    answer: (body: object): WireResponse => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      report: { operation },
    }),
    /** @param reason for the log alone */
    refuse: (code: string, message: string, reason?: string): WireResponse => {
      const response = jsonError({ status: 400, code, message })
      return { ...response, report: { operation, code, ...(reason !== undefined && { reason }) } }
    },
  }
}
