/**
 * What is said to whoever administers replication and asks for what cannot be done. The texts are Coffer's own: the calls are, too.
 * @module
 */
import { ServiceError } from '../domain/errors.ts'

const refused = (message: string): ServiceError => new ServiceError('InvalidRequestException', message)

export const isCopyHere = (here: string, primary: string): ServiceError =>
  refused(
    `The secret in ${here} is a replica of the one in ${primary}: it is ${primary} that steps down, so ask there.`,
  )
export const isItself = (region: string): ServiceError =>
  refused(`The secret has its primary in ${region} already: name another Region as the one to be the primary.`)
export const notSeenThere = (here: string, to: string): ServiceError =>
  refused(
    `From ${here} no replica or promoted replica of this secret can be seen in ${to}. If there is one, the news of it has not arrived here yet; if not, ReplicateSecretToRegions makes one.`,
  )
export const copyOfAnother = (to: string, primary: string): ServiceError =>
  refused(`The secret in ${to} is a replica of the one in ${primary}: only that one can hand over to it.`)
export const notInSync = (to: string, why: string): ServiceError =>
  refused(`The replica in ${to} does not have all of the secret yet, so it can't take over. ${why}`)
export const handingOverAlready = (to: string): ServiceError =>
  refused(`The secret is being handed over to ${to}. StopReplicationToReplica here takes that back.`)
export const rotatesNow = (): ServiceError =>
  refused('A rotation of this secret is running. Wait for its end, or abort it, before the secret is handed over.')
export const bothChanged = (here: string, to: string): ServiceError =>
  refused(
    `The secret was changed in ${here} and in ${to} since they went apart. Say which one wins: its labels, description, tags and policy stay, and the versions of the other are kept beside it.`,
  )
