/**
 * The account of stacks that were synthesised for any account: one of the numbers that AWS keeps for examples.
 * @module
 */
export const DEFAULT_ACCOUNT = '111122223333'
