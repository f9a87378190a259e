/**
 * The arrows of docs/decisions/0002: who may import whom. Fails on any other import, on a cycle, and when hardly any module was looked at (a rule that sees
 * nothing passes always).
 * @module
 */
import { cruise, type IFlattenedRuleSet } from 'dependency-cruiser'

const FEWEST_MODULES = 50
const NODE_MODULES = 'node_modules'
/** Has types and no code. */
const TYPES_ONLY = '^aws-lambda$'

const only = (name: string, from: string, allowed: readonly string[], comment: string) => ({
  name,
  comment,
  severity: 'error' as const,
  from: { path: from },
  to: { pathNot: allowed as string[] },
})

const rules: IFlattenedRuleSet = {
  forbidden: [
    only('auth-is-pure', '^lambda/auth/', ['^lambda/auth/'], 'auth imports only itself'),
    only(
      'core-stands-alone',
      '^lambda/core/',
      ['^lambda/core/', '^lambda/auth/', '^(node:)?(crypto|util)$'],
      'core imports itself, auth, and node:crypto',
    ),
    only(
      'domain-is-innermost',
      '^lambda/core/domain/',
      ['^lambda/core/(domain|ports|model)/', '^lambda/auth/', '^(node:)?(crypto|util)$'],
      'the domain knows no operation',
    ),
    only(
      'protocol-calls-core',
      '^lambda/protocol/',
      ['^lambda/(protocol|core|auth)/', '^(node:)?(buffer|crypto)$'],
      'the protocol knows core and auth',
    ),
    only(
      'adapters-implement-ports',
      '^lambda/adapters/',
      ['^lambda/(adapters|core|auth)/', '^(node:)?[a-z_/]+$', NODE_MODULES],
      'adapters know the core, never the server',
    ),
    only(
      'managed-rotation-calls-operations',
      '^lambda/managed-rotation/',
      ['^lambda/(managed-rotation|core)/', '^lambda/adapters/wall-clock', '^(node:)?[a-z_/]+$', NODE_MODULES],
      'managed rotation knows databases and the operations, and neither AWS nor the server',
    ),
    only(
      'handlers-compose',
      '^lambda/handlers/',
      ['^lambda/', '^(node:)?[a-z_/]+$', NODE_MODULES, TYPES_ONLY],
      'what is deployed stands without the embedded runtime',
    ),
    only('client-stands-alone', '^client/', ['^client/', NODE_MODULES], 'a caller needs nothing of the service'),
    only(
      'stacks-read-tables',
      '^lib/',
      ['^lib/', '^lambda/', '^(node:)?[a-z_/]+$', NODE_MODULES],
      'the stacks are derived from the operation table and the table schema',
    ),
    {
      name: 'sdk-in-aws-adapters-only',
      severity: 'error',
      from: { path: '^(lambda/(core|auth|protocol|handlers|managed-rotation|adapters/embedded)|lib|local)/' },
      to: { path: '@aws-sdk' },
    },
    {
      name: 'nobody-imports-tests',
      severity: 'error',
      from: { path: '^(lambda|local|bin|lib|client|sandbox)/' },
      to: { path: '^(test|bench|tools)/' },
    },
    {
      name: 'nobody-imports-the-sandbox',
      severity: 'error',
      from: { path: '^(lambda|local|bin|lib|client)/' },
      to: { path: '^sandbox/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      // What is bundled when the app is synthesised needs nothing at run time: its packages are development dependencies.
      name: 'no-dev-dependencies',
      severity: 'error',
      from: { path: '^(lambda/(core|auth|protocol|adapters/embedded)|local|bin/coffer)' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: TYPES_ONLY } },
  ],
}

const { output } = await cruise(
  ['lambda', 'local', 'bin', 'lib', 'client', 'sandbox'],
  { ruleSet: rules, validate: true, doNotFollow: { path: NODE_MODULES }, tsPreCompilationDeps: true },
  {
    extensions: ['.ts', '.mjs', '.js', '.json'],
    exportsFields: ['exports'],
    conditionNames: ['node', 'import', 'require', 'default'],
  },
)
if (typeof output === 'string') throw new Error('dependency-cruiser gave text where a result was due')
for (const { from, to, rule } of output.summary.violations) console.error(`${rule.name}: ${from} -> ${to}`)
const looked = output.modules.filter(({ source }) => /^(lambda|local|bin|lib|client|sandbox)\//.test(source)).length
console.log(`${looked} modules checked, ${output.summary.violations.length} violations`)
if (looked < FEWEST_MODULES) console.error(`at least ${FEWEST_MODULES} modules were expected`)
if (looked < FEWEST_MODULES || output.summary.violations.length > 0) process.exitCode = 1
