/**
 * Finds the handler of a Node function by its name, as Lambda does: CommonJS and ES modules, handlers in folders and in objects.
 * @module
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createRequire, registerHooks } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compileFunction } from 'node:vm'
import { RuntimeError } from './error-document.mjs'

/** @throws what the function's code throws when it is loaded, or a RuntimeError: ImportModuleError, HandlerNotFound, UserCodeSyntaxError, MalformedHandlerName */
export async function loadHandler(folder, name) {
  if (name.includes('..'))
    throw new RuntimeError(
      'MalformedHandlerName',
      `'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    )
  const [, stem, path] = /^([^.]*)\.(.*)$/.exec(basename(name)) ?? []
  if (stem === undefined || path === undefined) throw new RuntimeError('MalformedHandlerName', 'Bad handler')
  standAlone(folder)
  const module = await loadModule(folder, join(dirname(name), stem))
  const handler = path.split('.').reduce((holder, key) => memberOf(holder, key), module)
  if (handler === undefined || handler === null)
    throw new RuntimeError('HandlerNotFound', `${name} is undefined or not exported`)
  if (typeof handler !== 'function') throw new RuntimeError('HandlerNotFound', `${name} is not a function`)
  return handler
}

const memberOf = (holder, key) => (holder === undefined || holder === null ? undefined : holder[key])

async function loadModule(folder, path) {
  const file = EXTENSIONS.map((extension) => resolve(folder, path + extension)).find((candidate) =>
    statSync(candidate, { throwIfNoEntry: false })?.isFile(),
  )
  try {
    // An ES module with a top-level `await` can only be imported. CommonJS is required: import() would not see exports that are made in a loop.
    if (file !== undefined && isModule(folder, file)) return await import(pathToFileURL(file).href)
    const require = createRequire(join(folder, 'bootstrap.js'))
    return require(file ?? `./${path}`)
  } catch (error) {
    throw loadFailure(error)
  }
}

const EXTENSIONS = ['', '.js', '.mjs', '.cjs']

/** Errors of other kinds that a module throws stay what they are. */
function loadFailure(error) {
  if (error instanceof SyntaxError) return new RuntimeError('UserCodeSyntaxError', String(error), error.stack)
  if (error instanceof Error && 'code' in error && NOT_FOUND.has(String(error.code)))
    return new RuntimeError('ImportModuleError', String(error), error.stack)
  return error
}

const NOT_FOUND = new Set(['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'])

function isModule(folder, file) {
  if (file.endsWith('.mjs')) return true
  if (file.endsWith('.cjs')) return false
  return nearestType(folder, file) === 'module' || isModuleText(readFileSync(file, 'utf8'))
}

/** The `type` of the package.json that counts for a file, looked for inside the folder only. */
function nearestType(folder, file) {
  for (let place = dirname(file); place.startsWith(resolve(folder)); place = dirname(place)) {
    const path = join(place, 'package.json')
    if (existsSync(path)) {
      const manifest = JSON.parse(readFileSync(path, 'utf8'))
      return memberOf(manifest, 'type')
    }
  }
  return undefined
}

/** Node's own rule for a `.js` file that no package.json speaks of: an ES module is what compiles as nothing else. */
function isModuleText(text) {
  try {
    compileFunction(text.replace(/^#!.*/, ''), ['exports', 'require', 'module', '__filename', '__dirname'])
    return false
  } catch {
    return /^\s*(?:import|export)\b|\bawait\b/m.test(text)
  }
}

/**
 * In Lambda nothing is above the code folder: a package.json there, such as that of the project in which the data directory is, must not decide what the `.js`
 * files of a function are.
 */
function standAlone(folder) {
  if (existsSync(join(folder, 'package.json'))) return
  const inside = pathToFileURL(join(folder, '/')).href
  registerHooks({
    load: (url, context, nextLoad) => {
      if (!url.startsWith(inside) || !url.endsWith('.js') || url.includes('/node_modules/'))
        return nextLoad(url, context)
      const format = isModuleText(readFileSync(new URL(url), 'utf8')) ? 'module' : 'commonjs'
      return nextLoad(url, { ...context, format })
    },
  })
}
