/**
 * A folder that `cdk synth` wrote, read as the CDK command line reads it: manifest.json names the stacks and their order, each stack its template and its
 * assets. Nothing here knows what Coffer's stacks are.
 * @module
 */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  isObject,
  objectOf,
  oneOrMany,
  optionalObject,
  optionalText,
  SandboxProblem,
  textOf,
  type JsonObject,
} from '../json.ts'

export interface Resource {
  readonly logicalId: string
  readonly type: string
  /** Not resolved. */
  readonly properties: JsonObject
  readonly condition: string | undefined
}

export interface Stack {
  readonly name: string
  /** Undefined when the stack was synthesised for any account. */
  readonly account: string | undefined
  readonly region: string
  readonly resources: ReadonlyMap<string, Resource>
  readonly parameters: JsonObject
  readonly conditions: JsonObject
  readonly mappings: JsonObject
  readonly outputs: JsonObject
  /** Folders and files by the key under which they would be uploaded. */
  readonly assets: ReadonlyMap<string, string>
}

/** In the order in which they would be deployed. @throws {SandboxProblem} */
export function readAssembly(folder: string): readonly Stack[] {
  const directory = resolve(folder)
  const artifacts = objectOf(readJson(join(directory, 'manifest.json')).artifacts, 'manifest.json artifacts')
  const nested = Object.values(artifacts)
    .filter(isObject)
    .filter(({ type }) => type === 'cdk:cloud-assembly')
  const stacks = new Map<string, Stack>()
  const visit = (id: string, path: readonly string[]): void => {
    const artifact = objectOf(artifacts[id], `artifact ${id}`)
    if (path.includes(id)) throw new SandboxProblem(`The stacks depend on each other in a circle: ${path.join(' -> ')}`)
    for (const dependency of oneOrMany(artifact.dependencies)) visit(textOf(dependency, id), [...path, id])
    if (artifact.type === 'aws:cloudformation:stack' && !stacks.has(id))
      stacks.set(id, readStack(directory, id, artifact, artifacts))
  }
  for (const id of Object.keys(artifacts)) visit(id, [])
  const inner = nested.flatMap(({ properties }) =>
    readAssembly(join(directory, textOf(objectOf(properties, 'assembly').directoryName, 'directoryName'))),
  )
  return [...stacks.values(), ...inner]
}

function readStack(directory: string, id: string, artifact: JsonObject, artifacts: JsonObject): Stack {
  const properties = objectOf(artifact.properties, `artifact ${id}`)
  const template = readJson(join(directory, textOf(properties.templateFile, `artifact ${id} templateFile`)))
  const environment = textOf(artifact.environment, `artifact ${id} environment`)
  const [, account, region] = /^aws:\/\/([^/]+)\/([^/]+)$/.exec(environment) ?? []
  if (region === undefined || region === 'unknown-region')
    throw new SandboxProblem(
      `Stack ${id} has no Region (${environment}): the sandbox serves only stacks of a known Region`,
    )
  const assets = oneOrMany(artifact.dependencies).flatMap((dependency) => {
    const manifest = objectOf(artifacts[textOf(dependency, id)], id)
    if (manifest.type !== 'cdk:asset-manifest') return []
    return readAssets(directory, textOf(objectOf(manifest.properties, id).file, `${id} assets`))
  })
  return {
    name: optionalText(properties.stackName, id) ?? id,
    account: account === 'unknown-account' ? undefined : account,
    region,
    resources: new Map(
      Object.entries(objectOf(template.Resources, `${id} Resources`)).map(([logicalId, resource]) => [
        logicalId,
        readResource(logicalId, objectOf(resource, logicalId)),
      ]),
    ),
    parameters: optionalObject(template.Parameters, `${id} Parameters`),
    conditions: optionalObject(template.Conditions, `${id} Conditions`),
    mappings: optionalObject(template.Mappings, `${id} Mappings`),
    outputs: optionalObject(template.Outputs, `${id} Outputs`),
    assets: new Map(assets),
  }
}

const readResource = (logicalId: string, resource: JsonObject): Resource => ({
  logicalId,
  type: textOf(resource.Type, `${logicalId} Type`),
  properties: optionalObject(resource.Properties, `${logicalId} Properties`),
  condition: optionalText(resource.Condition, `${logicalId} Condition`),
})

function readAssets(directory: string, file: string): [key: string, path: string][] {
  const files = objectOf(readJson(join(directory, file)).files, file)
  return Object.entries(files).flatMap(([id, entry]) => {
    const { source, destinations } = objectOf(entry, `${file} ${id}`)
    const path = optionalText(objectOf(source, `${file} ${id} source`).path, `${file} ${id} path`)
    if (path === undefined) return []
    return Object.values(objectOf(destinations, `${file} ${id} destinations`)).map((destination): [string, string] => [
      textOf(objectOf(destination, file).objectKey, `${file} ${id} objectKey`),
      join(directory, path),
    ])
  })
}

function readJson(path: string): JsonObject {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new SandboxProblem(`${path} cannot be read: give --out a folder that \`cdk synth\` wrote`, { cause })
  }
  return objectOf(JSON.parse(text) as unknown, path)
}
