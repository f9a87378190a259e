#!/usr/bin/env -S node --max-semi-space-size=8
import './require-node.mjs'
import module from 'node:module'

module.enableCompileCache()
const { main } = await import('./coffer.ts')
await main(process.argv)
