// Bundles each entry point that runs everywhere as an application would, and looks for what not every runtime has, or
// what a strict Content-Security-Policy forbids. Reads the syntax tree: names in texts and comments do not count.
import { build } from 'esbuild'
import ts from 'typescript'
import { readEntries } from './entries.ts'

/** Globals of Node or of pages only, and ways to run texts as code. */
const globals = new Set([
  ...['Buffer', 'process', 'require', 'module', '__dirname', '__filename', 'global', 'setImmediate'],
  ...['window', 'document', 'localStorage', 'sessionStorage', 'XMLHttpRequest'],
  ...['eval', 'Function'],
])
const wholes = new Set(['globalThis', 'self', 'window', 'global'])

const nodeOnly = ['stablestudio/node', 'stablestudio/sqlite', 'stablestudio/mcp']

/** What is asked for and done without where there is none: a page's visibility and storage, `node:http` for `listen`. */
const allowed: Record<string, readonly string[]> = {
  stablestudio: ['globalThis.document'],
  'stablestudio/ai': ['globalThis.document'],
  // Asked for `emitWarning`.
  'stablestudio/bullmq': ['globalThis.document', 'globalThis.process'],
  // What a reload must find again; a server renders without it.
  'stablestudio/react': ['globalThis.document', 'localStorage'],
  'stablestudio/sandbox': ["'node:http'"],
}

/** Dependencies of the application, not ours to bundle. */
const external = ['viem', 'viem/*', 'mppx', 'mppx/*', 'bullmq', 'react']

/** Required packages come whole, used or not: of zod only what ESM takes is looked at. */
const externalOf = { import: external, require: [...external, 'zod', 'zod/*'] }

async function bundle(name: string, kind: 'import' | 'require'): Promise<string> {
  const contents = kind === 'import' ? `export * from '${name}'` : `module.exports = require('${name}')`
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd(), loader: 'js' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: externalOf[kind],
    // The repository's own tsconfig points the package's name at its sources.
    tsconfigRaw: {},
    logLevel: 'error',
  })
  return outputFiles[0]?.text ?? ''
}

/** Every use of something forbidden, as text. */
function findings(text: string, kind: 'import' | 'require'): string[] {
  const file = 'bundle.js'
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.JS)
  const host: ts.CompilerHost = {
    ...ts.createCompilerHost({}),
    getSourceFile: (name) => (name === file ? source : undefined),
    fileExists: (name) => name === file,
  }
  const options = { allowJs: true, noLib: true, noResolve: true, types: [], target: ts.ScriptTarget.ES2022 }
  const checker = ts.createProgram([file], options, host).getTypeChecker()
  const isGlobal = (node: ts.Identifier) =>
    checker.resolveName(node.text, node, ts.SymbolFlags.Value, false) === undefined
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    const problem = problemOf(node, isGlobal)
    // esbuild gives a required external to `require`, which an ESM bundle does not have: the application's bundler does.
    const bundled = kind === 'require' && problem === 'require'
    if (problem && !bundled) found.push(problem)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return [...new Set(found)]
}

function problemOf(node: ts.Node, isGlobal: (node: ts.Identifier) => boolean): string | undefined {
  if (ts.isStringLiteralLike(node)) return /^node:/.test(node.text) ? `'${node.text}'` : undefined
  if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
    return memberOf(node.expression, node.argumentExpression.text)
  }
  if (ts.isPropertyAccessExpression(node)) return memberOf(node.expression, node.name.text)
  if (!ts.isIdentifier(node) || !globals.has(node.text) || !isReference(node)) return undefined
  // Asking whether something is a function is fine; anything else may become a text that is run.
  if (node.text === 'Function' && isAskedFor(node)) return undefined
  return isGlobal(node) ? node.text : undefined
}

/** `globalThis.process` and the like. */
function memberOf(whole: ts.Expression, member: string): string | undefined {
  const isWhole = ts.isIdentifier(whole) && wholes.has(whole.text)
  return isWhole && globals.has(member) ? `${whole.text}.${member}` : undefined
}

function isAskedFor(node: ts.Identifier): boolean {
  const { parent } = node
  return ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword
}

/** Not a member's or a property's name, and not the place where it is declared. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.name !== node
  if (ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent)) return parent.name !== node
  if (ts.isPropertyDeclaration(parent) || ts.isAccessor(parent)) return parent.name !== node
  return !ts.isBindingElement(parent) || parent.propertyName !== node
}

/** A list that finds nothing may be broken: here it must find everything. */
function testFindings(): void {
  const text =
    "Buffer.from([]); globalThis['process']; const F = Function; x instanceof Function; eval(''); window.x; import('node:fs'); ({ process: 1 }).process; const f = (module) => module"
  const found = findings(text, 'import').sort().join(' ')
  const expected = ['Buffer', 'globalThis.process', 'Function', 'eval', 'window', "'node:fs'"]
    .sort()
    .join(' ')
  if (found !== expected) throw new Error(`finds ${found}, should find ${expected}`)
}

testFindings()
let failed = 0
for (const { name } of readEntries().filter(({ name }) => !nodeOnly.includes(name))) {
  for (const kind of ['import', 'require'] as const) {
    const found = findings(await bundle(name, kind), kind).filter((one) => !allowed[name]?.includes(one))
    if (found.length > 0) failed += 1
    const verdict = found.length > 0 ? `contains ${found.join(' ')}` : 'nothing forbidden'
    process.stdout.write(`${found.length > 0 ? 'FAIL' : 'ok  '} ${kind.padEnd(7)} ${name}: ${verdict}\n`)
  }
}
process.exitCode = failed > 0 ? 1 : 0
