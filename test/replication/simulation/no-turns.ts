/**
 * Takes the place of lambda/core/in-turn.ts in the simulation. Writers of one secret wait for each other only within a process; in the simulation each is a process of its own, as on AWS.
 * @module
 */
export const inTurn = <T>(_key: unknown, work: () => Promise<T>): Promise<T> => work()
