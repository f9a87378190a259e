// Imported before anything else. Plain JavaScript on purpose: an older Node could not even parse the rest, and would say so in riddles.
import { createRequire } from 'node:module'

const required = createRequire(import.meta.url)('../package.json').engines.node.replace('>=', '')

const isOlder = (running, wanted) => {
  const [a, b] = [running, wanted].map((version) => version.split('.').map(Number))
  return a[0] !== b[0] ? a[0] < b[0] : a[1] < b[1]
}

if (isOlder(process.versions.node, required)) {
  console.error(
    `coffer: Node ${process.versions.node} is running, and Coffer needs Node ${required} or newer.\n` +
      'On Linux and Windows `npm ci` brings it: use `npm start`, `npm test` or `npm run coffer -- <command>`.\n' +
      'Elsewhere install Node 24 from https://nodejs.org and try again.',
  )
  process.exit(1)
}
