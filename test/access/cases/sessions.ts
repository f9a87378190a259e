/**
 * Sessions of roles and users, and what is passed with them.
 * @module
 */
import {
  allow,
  atGateway,
  denied,
  deny,
  done,
  grant,
  notAllowed,
  onAny,
  read,
  remove,
  role,
  session,
  when,
  type AccessCase,
} from '../access-case.ts'

const reads = [allow('GetSecretValue')]
const callApi = allow('execute-api:Invoke', onAny)
const onlyThere = 'session policies count at API Gateway alone, where they must allow execute-api:Invoke'
const unseen = 'a function sees nothing of what a session carries'

export const sessions: readonly AccessCase[] = [
  {
    title: 'a session of a role has the policies of the role',
    caller: role(reads),
    secret: {},
    does: read,
    comes: done,
  },
  {
    title: 'a session of a role without policies has none',
    caller: role(),
    secret: {},
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'a role by a managed policy',
    caller: role([], { managed: reads, path: '/team/' }),
    secret: {},
    does: read,
    comes: done,
  },
  {
    title: 'a session of a user has the policies of the user',
    caller: session(reads),
    secret: {},
    does: read,
    comes: done,
  },
  {
    title: 'a session of a user who is denied is denied',
    caller: session([...reads, deny('GetSecretValue', onAny)]),
    secret: {},
    does: read,
    comes: denied('identity'),
  },
  {
    title: 'a session policy that allows it changes nothing',
    caller: role([allow('*', onAny)], { sessionPolicy: [callApi, ...reads] }),
    secret: {},
    does: read,
    comes: done,
  },
  {
    title: 'a session policy by itself allows nothing',
    caller: role([], { sessionPolicy: [callApi, ...reads] }),
    secret: {},
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'what no session policy allows is refused',
    caller: role([allow('*', onAny)], { sessionPolicy: [allow('DescribeSecret')] }),
    secret: {},
    does: read,
    comes: notAllowed('session'),
    onAws: { comes: atGateway, because: onlyThere },
  },
  {
    title: 'also where it lets the API be called',
    caller: role([allow('*', onAny)], { sessionPolicy: [callApi, allow('DescribeSecret')] }),
    secret: {},
    does: read,
    comes: notAllowed('session'),
    onAws: {
      comes: done,
      because: 'a session policy limits which paths a session gets to, and nothing else (SECURITY.md)',
    },
  },
  {
    title: 'a Deny of a session policy wins',
    caller: role([allow('*', onAny)], {
      sessionPolicy: [allow('*', onAny), deny('GetSecretValue execute-api:Invoke', onAny)],
    }),
    secret: {},
    does: read,
    comes: denied('session'),
    onAws: { comes: atGateway, because: onlyThere },
  },
  {
    title: 'what the secret grants to a role is limited by a session policy',
    caller: role([], { sessionPolicy: [allow('DescribeSecret')] }),
    secret: { policy: [grant('{caller}', 'GetSecretValue')] },
    does: read,
    comes: notAllowed('session'),
    onAws: { comes: atGateway, because: onlyThere },
  },
  {
    title: 'a federated user is limited to the session policy',
    caller: {
      kind: 'federated',
      inline: [allow('sts:GetFederationToken', onAny), allow('*', onAny)],
      sessionPolicy: [callApi, ...reads],
    },
    secret: {},
    does: remove,
    comes: notAllowed('session', { action: 'DeleteSecret' }),
    onAws: {
      comes: notAllowed('identity', { action: 'DeleteSecret' }),
      because: 'a function cannot tell whose session of GetFederationToken it is, and refuses all',
    },
  },
  {
    title: 'a federated user reads what both policies allow',
    caller: {
      kind: 'federated',
      inline: [allow('sts:GetFederationToken', onAny), ...reads],
      sessionPolicy: [callApi, ...reads],
    },
    secret: {},
    does: read,
    comes: done,
    onAws: {
      comes: notAllowed('identity'),
      because: 'a function cannot tell whose session of GetFederationToken it is, and refuses all',
    },
  },
  {
    title: 'the source identity of a session counts',
    caller: role([allow('GetSecretValue', when('StringEquals', 'aws:SourceIdentity', 'alice'))], {
      sourceIdentity: 'alice',
    }),
    secret: {},
    does: read,
    comes: done,
    onAws: { comes: notAllowed('identity'), because: unseen },
  },
  {
    title: 'another source identity does not',
    caller: role([allow('GetSecretValue', when('StringEquals', 'aws:SourceIdentity', 'alice'))], {
      sourceIdentity: 'bob',
    }),
    secret: {},
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'sessions from before a moment are revoked',
    caller: role([
      ...reads,
      deny('*', { ...onAny, ...when('DateLessThan', 'aws:TokenIssueTime', '2099-01-01T00:00:00Z') }),
    ]),
    secret: {},
    does: read,
    comes: denied('identity'),
  },
]
