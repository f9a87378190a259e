#!/usr/bin/env node
import './require-node.mjs'
import module from 'node:module'

module.enableCompileCache()
const { main } = await import('./coffer.ts')
await main(process.argv)
