/**
 * The tasks of the workflow: what the runner embedded and the worker function on AWS call. Each may be repeated, also after it was carried out and its answer was lost.
 * @module
 */
import { begin } from './begin.ts'
import { fail } from './fail.ts'
import { finish } from './finish.ts'
import { retry } from './retry.ts'
import { runStep } from './run-step.ts'
import type { RotationMeans } from './rotation-means.ts'
import type { TaskInput, TaskName, TaskOutcome } from './workflow.ts'

export type RotationTasks = (input: TaskInput) => Promise<TaskOutcome>

/** @throws for faults of the store and the like, never for what a function does: the task is repeated then */
export function rotationTasks(means: RotationMeans): RotationTasks {
  return (input) => tasks[input.task](means, input)
}

const tasks: Readonly<Record<TaskName, (means: RotationMeans, input: TaskInput) => Promise<TaskOutcome>>> = {
  begin,
  step: runStep,
  finish,
  fail,
  retry,
}
