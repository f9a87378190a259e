import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readAssembly } from '../../../sandbox/template/assembly.ts'
import { suiteDirectories } from '../../support/suite-directories.ts'

const makeDirectory = suiteDirectories()

function assembly(artifacts: Record<string, object>, files: Record<string, object> = {}): string {
  const folder = makeDirectory()
  for (const [path, content] of Object.entries({ 'manifest.json': { artifacts }, ...files })) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), JSON.stringify(content))
  }
  return folder
}
const stack = (name: string, dependencies: string[] = [], environment = 'aws://unknown-account/eu-central-1') => ({
  type: 'aws:cloudformation:stack',
  environment,
  dependencies,
  properties: { templateFile: `${name}.json`, stackName: name.toLowerCase() },
})
const template = { Resources: { A: { Type: 'AWS::SQS::Queue' } } }

it('reads stacks in the order of their deployment, with their resources and assets', () => {
  const folder = assembly(
    {
      Second: stack('Second', ['First', 'Second.assets'], 'aws://444455556666/us-west-2'),
      First: stack('First'),
      'Second.assets': { type: 'cdk:asset-manifest', properties: { file: 'Second.assets.json' } },
    },
    {
      'First.json': template,
      'Second.json': template,
      'Second.assets.json': {
        files: { abc: { source: { path: 'asset.abc' }, destinations: { current: { objectKey: 'abc.zip' } } } },
      },
    },
  )
  const stacks = readAssembly(folder)
  expect(stacks).toMatchObject([
    { name: 'first', account: undefined, region: 'eu-central-1' },
    { name: 'second', account: '444455556666', region: 'us-west-2' },
  ])
  expect(stacks[1]!.assets.get('abc.zip')).toBe(join(folder, 'asset.abc'))
  expect(stacks[0]!.resources.get('A')).toMatchObject({ type: 'AWS::SQS::Queue' })
})

it('says what is wrong with a folder that is none, a stack without a Region, and a circle', () => {
  expect(() => readAssembly(makeDirectory())).toThrow('cdk synth')
  const nowhere = assembly({ A: stack('A', [], 'aws://unknown-account/unknown-region') }, { 'A.json': template })
  expect(() => readAssembly(nowhere)).toThrow('no Region')
  const circle = assembly({ A: stack('A', ['B']), B: stack('B', ['A']) }, { 'A.json': template, 'B.json': template })
  expect(() => readAssembly(circle)).toThrow('A -> B')
})
