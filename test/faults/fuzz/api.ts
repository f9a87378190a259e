/**
 * Both APIs as the fuzzer sees them: the operations of the models with their inputs.
 * @module
 */
import {
  operationModels as smModels,
  shapes as smShapes,
} from '../../../lambda/core/model/secrets-manager.shapes.generated.ts'
import type { OperationModel, Shape, Shapes } from '../../../lambda/core/model/shape.ts'
import { operationModels as kmsModels, shapes as kmsShapes } from '../../../local/kms/model/kms.shapes.generated.ts'

export type StructureShape = Extract<Shape, { type: 'structure' }>

export interface ApiOperation {
  readonly service: 'secretsmanager' | 'kms'
  readonly target: string
  readonly shapes: Shapes
  readonly input: StructureShape
}

export const apiOperations: readonly ApiOperation[] = [
  ...operationsOf('secretsmanager', 'secretsmanager', smModels, smShapes),
  ...operationsOf('kms', 'TrentService', kmsModels, kmsShapes),
]

function operationsOf(
  service: ApiOperation['service'],
  prefix: string,
  models: Readonly<Record<string, OperationModel>>,
  shapes: Shapes,
): ApiOperation[] {
  return Object.entries(models).map(([name, { input = '' }]) => {
    const shape = shapes[input]
    if (shape?.type !== 'structure') throw new Error(`${name} has no input in the model`)
    return { service, target: `${prefix}.${name}`, shapes, input: shape }
  })
}

/** @throws when the model names a shape that it does not have */
export function shapeIn(shapes: Shapes, name: string): Shape {
  const shape = shapes[name]
  if (shape === undefined) throw new Error(`the model has no shape ${name}`)
  return shape
}
