/**
 * The code of all functions out of one esbuild run (a process for each would take the most of a synth), and the content of the layer. What is written depends on the sources
 * alone, so that a second synth changes nothing.
 * @module
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { buildSync, type BuildOptions } from 'esbuild'

export interface Bundles {
  /** Folder with the `index.js` of each function, by entry. */
  readonly functions: Readonly<Record<string, string>>
  /** Folder that a layer unpacks under /opt. */
  readonly layer: string
}

/** A parameter of the app, so that a test of the stacks need not bundle. */
export type Bundler = (entries: readonly string[], outDirectory: string) => Bundles

const ROOT = resolve(import.meta.dirname, '..')

/** In the layer, and so under /opt: what AWS_DATA_PATH names. */
export const EXTRAS_FOLDER = 'botocore-extras'

/** How functions are bundled; the benchmark bundles its peer in the same way. */
export const buildOptions = {
  bundle: true,
  minify: true,
  sourcemap: true,
  // Positions are enough for a stack trace; the sources would be most of the upload.
  sourcesContent: false,
  platform: 'node',
  // Packages' ES modules, which can be shaken: with their CommonJS the bundles are nearly twice as large.
  mainFields: ['module', 'main'],
  target: 'node24',
  format: 'cjs',
  legalComments: 'none',
  alias: {
    '@aws-sdk/credential-provider-node': join(ROOT, 'lambda/adapters/aws/environment-credentials.ts'),
  },
  logLevel: 'warning',
} as const satisfies BuildOptions

export const bundle: Bundler = (entries, outDirectory) => {
  // Paths in the source maps are relative to the output: a fixed place that nothing is written to, or the app's folder would change the maps.
  const virtual = join(ROOT, 'cdk.out', 'functions')
  const { outputFiles } = buildSync({
    ...buildOptions,
    absWorkingDir: ROOT,
    entryPoints: entries.map((entry) => ({ in: `lambda/handlers/${entry}.ts`, out: join(entry, 'index') })),
    outdir: virtual,
    write: false,
  })
  const functionsFolder = join(outDirectory, 'functions')
  rmSync(functionsFolder, { recursive: true, force: true })
  for (const { path, contents } of outputFiles) {
    const file = join(functionsFolder, relative(virtual, path))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, contents)
  }
  return {
    functions: Object.fromEntries(entries.map((entry) => [entry, join(functionsFolder, entry)])),
    layer: layerContent(outDirectory),
  }
}

/** `client/botocore` below {@link EXTRAS_FOLDER}. */
export function layerContent(outDirectory: string): string {
  const layer = join(outDirectory, 'layer')
  rmSync(layer, { recursive: true, force: true })
  cpSync(join(ROOT, 'client', 'botocore'), join(layer, EXTRAS_FOLDER), {
    recursive: true,
    // What belongs to the repository and not to botocore.
    filter: (source) => !/\.(md|ts)$/.test(basename(source)),
  })
  return layer
}
