/**
 * STS, as far as the embedded server has it: GetCallerIdentity.
 * @module
 */
import type { WireService } from '../../lambda/protocol/wire.ts'
import type { SignedEndpoint } from '../server/endpoint.ts'
import { escapeXml, STS_VERSION, xmlError, xmlResponse } from './query-protocol.ts'

const serve: WireService = async ({ body, principal, requestId }) => {
  const parameters = new URLSearchParams(body.toString('utf8'))
  const action = parameters.get('Action')
  if (action === null)
    return xmlError({ status: 400, code: 'MissingAction', message: 'The request must name an Action.' }, requestId)
  if (action !== 'GetCallerIdentity' || parameters.get('Version') !== STS_VERSION)
    return xmlError(
      {
        status: 400,
        code: 'InvalidAction',
        message: `Could not find that operation; Coffer's STS has GetCallerIdentity of version ${STS_VERSION}.`,
      },
      requestId,
    )
  // Anyone with a key may ask who they are; no policy can deny it.
  const { arn, userId, account } = principal
  const result = `<Arn>${escapeXml(arn)}</Arn><UserId>${escapeXml(userId)}</UserId><Account>${account}</Account>`
  return xmlResponse('GetCallerIdentity', result, requestId)
}

export const stsEndpoint: SignedEndpoint = {
  kind: 'signed',
  name: 'sts',
  signingNames: ['sts'],
  serve,
  renderError: xmlError,
}
