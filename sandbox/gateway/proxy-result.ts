/**
 * What a function answered, as API Gateway takes it ("Output format of a Lambda function for proxy integration"): anything else is a malformed answer.
 * @module
 */
import { isObject, parseJson } from '../json.ts'
import type { HttpAnswer } from './failures.ts'

const MEMBERS = new Set(['statusCode', 'headers', 'multiValueHeaders', 'body', 'isBase64Encoded'])

/** Headers that API Gateway renames, since they are its own ("Important notes", API Gateway developer guide). */
const REMAPPED = new Set([
  'authorization',
  'connection',
  'content-length',
  'content-md5',
  'date',
  'expect',
  'host',
  'max-forwards',
  'proxy-authenticate',
  'server',
  'te',
  'trailer',
  'upgrade',
  'user-agent',
  'via',
  'warn',
  'www-authenticate',
  'x-amzn-requestid',
  'x-amz-apigw-id',
])
const DROPPED = new Set(['transfer-encoding'])

/** Undefined when it is malformed. */
export function readProxyResult(payload: string): HttpAnswer | undefined {
  const result = parseJson(payload)
  if (!isObject(result) || Object.keys(result).some((member) => !MEMBERS.has(member))) return undefined
  const status = statusOf(result.statusCode)
  const single = headersOf(result.headers)
  const multiple = headersOf(result.multiValueHeaders)
  const { body, isBase64Encoded } = result
  if (status === undefined || single === undefined || multiple === undefined) return undefined
  if (body !== undefined && body !== null && typeof body !== 'string') return undefined
  if (isBase64Encoded !== undefined && typeof isBase64Encoded !== 'boolean') return undefined
  const headers = [...single, ...multiple].filter(([name]) => !DROPPED.has(name.toLowerCase()))
  const hasType = headers.some(([name]) => name.toLowerCase() === 'content-type')
  return {
    status,
    headers: [
      ...(hasType ? [] : [['Content-Type', 'application/json'] as const]),
      ...headers.map(([name, value]) => [remapped(name), value] as const),
    ],
    // Only a binary media type is decoded; text goes out as it is.
    body: Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8'),
  }
}

const remapped = (name: string): string => (REMAPPED.has(name.toLowerCase()) ? `x-amzn-Remapped-${name}` : name)

function statusOf(value: unknown): number | undefined {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value
  return typeof status === 'number' && Number.isInteger(status) && status >= 100 && status <= 599 ? status : undefined
}

function headersOf(value: unknown): (readonly [string, string])[] | undefined {
  if (value === undefined || value === null) return []
  if (!isObject(value)) return undefined
  const headers: (readonly [string, string])[] = []
  for (const [name, given] of Object.entries(value))
    for (const one of Array.isArray(given) ? (given as unknown[]) : [given]) {
      if (typeof one !== 'string' && typeof one !== 'number' && typeof one !== 'boolean') return undefined
      if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name) || /[\r\n\0]/.test(String(one))) return undefined
      headers.push([name, String(one)])
    }
  return headers
}
