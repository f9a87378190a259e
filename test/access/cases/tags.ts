/**
 * Access by tags of secrets, principals, sessions and requests.
 * @module
 */
import {
  allow,
  denied,
  deny,
  done,
  notAllowed,
  onAny,
  read,
  role,
  user,
  when,
  type AccessCase,
} from '../access-case.ts'

const ofTeam = [
  allow('GetSecretValue', { ...onAny, ...when('StringEquals', 'aws:ResourceTag/team', '${aws:PrincipalTag/team}') }),
]
const red = { team: 'red' }
const blue = { team: 'blue' }
const tag =
  (Key: string, Value: string): AccessCase['does'] =>
  (client, { arn }) =>
    client.tagResource({ SecretId: arn, Tags: [{ Key, Value }] })

export const tags: readonly AccessCase[] = [
  {
    title: 'a user reads the secrets of their team',
    caller: user(ofTeam, { tags: red }),
    secret: { tags: red },
    does: read,
    comes: done,
  },
  {
    title: 'and those of no other',
    caller: user(ofTeam, { tags: red }),
    secret: { tags: blue },
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'a secret without tags belongs to no team',
    caller: user(ofTeam, { tags: red }),
    secret: {},
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'a user without tags is in no team',
    caller: user(ofTeam),
    secret: { tags: red },
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'secretsmanager:ResourceTag is the same tag',
    caller: user([allow('GetSecretValue', when('StringEquals', 'secretsmanager:ResourceTag/team', ['red', 'green']))]),
    secret: { tags: red },
    does: read,
    comes: done,
  },
  {
    title: 'a Deny by a tag is about the secrets that have it',
    caller: user([
      allow('*', onAny),
      deny('GetSecretValue', { ...onAny, ...when('StringLike', 'aws:ResourceTag/stage', 'prod*') }),
    ]),
    secret: { tags: { stage: 'production' } },
    does: read,
    comes: denied('identity'),
  },
  {
    title: 'a Deny of whatever lacks a tag is about those without',
    caller: user([
      allow('*', onAny),
      deny('GetSecretValue', { ...onAny, ...when('Null', 'aws:ResourceTag/owner', 'true') }),
    ]),
    secret: { tags: red },
    does: read,
    comes: denied('identity'),
  },
  {
    title: 'the tags of a role are those of its sessions',
    caller: role(ofTeam, { tags: red }),
    secret: { tags: red },
    does: read,
    comes: done,
  },
  {
    title: 'the tags of a session win over those of its role',
    caller: role(ofTeam, { tags: red, sessionTags: blue }),
    secret: { tags: blue },
    does: read,
    comes: done,
    onAws: {
      comes: notAllowed('identity'),
      because:
        'a function does not see tags of sessions, and none of a role whose sessions may have their own are certain',
    },
  },
  {
    title: 'and take the place of those of the role',
    caller: role(ofTeam, { tags: red, sessionTags: blue }),
    secret: { tags: red },
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'a request brings only tags that it may',
    caller: user([allow('TagResource', when('StringEquals', 'aws:RequestTag/team', 'red'))]),
    secret: {},
    does: tag('team', 'red'),
    comes: done,
  },
  {
    title: 'and no other value',
    caller: user([allow('TagResource', when('StringEquals', 'aws:RequestTag/team', 'red'))]),
    secret: {},
    does: tag('team', 'blue'),
    comes: notAllowed('identity', { action: 'TagResource' }),
  },
  {
    title: 'aws:TagKeys limits the keys',
    caller: user([allow('TagResource', when('ForAllValues:StringEquals', 'aws:TagKeys', ['team', 'stage']))]),
    secret: {},
    does: tag('owner', 'me'),
    comes: notAllowed('identity', { action: 'TagResource' }),
  },
  {
    title: 'nobody takes away the tag that they have access by',
    caller: user([allow('*', { ...onAny, ...when('StringEquals', 'aws:ResourceTag/team', 'red') })]),
    secret: { tags: red },
    does: (client, { arn }) => client.untagResource({ SecretId: arn, TagKeys: ['team'] }),
    comes: notAllowed('identity', { action: 'TagResource' }),
  },
  {
    title: 'nobody changes it either',
    caller: user([allow('*', { ...onAny, ...when('StringEquals', 'aws:ResourceTag/team', 'red') })]),
    secret: { tags: red },
    does: tag('team', 'blue'),
    comes: notAllowed('identity', { action: 'TagResource' }),
  },
]
