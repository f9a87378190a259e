/**
 * What every JSON 1.1 call looks like, whichever service it is for.
 * @module
 */
import { unknownOperation } from '../core/domain/errors.ts'
import { JSON_CONTENT_TYPE, type WireRequest } from './wire.ts'

/** SM-WIRE-01 @throws {ServiceError} UnknownOperationException */
export function requireJsonCall({ method, contentType }: Pick<WireRequest, 'method' | 'contentType'>): void {
  if (method !== 'POST') throw unknownOperation('Requests to this endpoint use the POST method.')
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase()
  if (mediaType !== JSON_CONTENT_TYPE)
    throw unknownOperation(`The Content-Type of a request must be ${JSON_CONTENT_TYPE}.`)
}
