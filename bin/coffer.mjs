#!/usr/bin/env node
// Plain JavaScript on purpose: an older Node could not even parse the rest, and would say so in riddles.
import module from 'node:module'

const required = module
  .createRequire(import.meta.url)('../package.json')
  .engines.node.replace('>=', '')
const isOlder = (running, wanted) => {
  const [a, b] = [running, wanted].map((version) => version.split('.').map(Number))
  return a[0] !== b[0] ? a[0] < b[0] : a[1] < b[1]
}

if (isOlder(process.versions.node, required)) {
  console.error(
    `coffer: Node ${process.versions.node} is running, and Coffer needs Node ${required} or newer.\n` +
      'On Linux and Windows `npm ci` brings it: start Coffer with `npm start` or `npm run coffer -- <command>`.\n' +
      'Elsewhere install Node 24 from https://nodejs.org and try again.',
  )
  process.exit(1)
}
module.enableCompileCache?.()
const { main } = await import('./coffer.ts')
await main(process.argv)
