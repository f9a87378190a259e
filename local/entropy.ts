/** @module */
export { systemEntropy } from '../lambda/adapters/system-entropy.ts'
