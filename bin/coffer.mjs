#!/usr/bin/env -S node --max-semi-space-size=8 --
import './require-node.mjs'
import module from 'node:module'
import v8 from 'node:v8'

// Ciphers and keys are small for V8 and large for OpenSSL, and go only with a full collection: collect in time, so that memory stays flat under load.
// The same reason keeps the young generation small, in the first line here and in `npm start` (docs/decisions/0006).
v8.setFlagsFromString('--heap-growing-percent=30')
module.enableCompileCache()
const { main } = await import('./coffer.ts')
await main(process.argv)
