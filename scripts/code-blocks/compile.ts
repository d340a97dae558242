// Compiles the code blocks in one run, against the source of the package and the real libraries.
import { join } from 'node:path'
import ts from 'typescript'
import { modulesOf } from './carry.ts'
import { type Block, pathOf } from './extract.ts'

export type Verdict = {
  block: Block
  /** `README.md:12: Cannot find name 'studio'.` */
  problems: string[]
  /** Whether it uses nothing that it does not declare or import itself. */
  whole: boolean
}

/** @param ambient the file with the names that blocks may use without saying where they are from. */
export function compile(root: string, ambient: string, blocks: readonly Block[]): Verdict[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(
    { ...config, include: [], files: [ambient] },
    ts.sys,
    root,
  )
  const texts = new Map([...modulesOf(blocks)].map(([path, text]) => [join(root, path), text]))
  const program = ts.createProgram({
    rootNames: [join(root, ambient), ...texts.keys()],
    options: {
      ...options,
      moduleDetection: ts.ModuleDetectionKind.Force,
      jsx: ts.JsxEmit.ReactJSX,
      // The exports of a block are ours, not of its author.
      isolatedModules: false,
      verbatimModuleSyntax: false,
      // docs/observe.md has readers copy these files beside their own.
      rootDirs: [join(root, 'docs'), join(root, 'examples/observe')],
      // A block shows how something is made, not always how it is used.
      noUnusedLocals: false,
      noUnusedParameters: false,
    },
    host: withTexts(ts.createCompilerHost(options, true), texts),
  })
  const general = [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics()]
  if (general.length > 0) throw new Error(general.map(messageOf).join('\n'))
  return blocks.map((block) => {
    const source = program.getSourceFile(join(root, pathOf(block)))
    if (!source) throw new Error(`${pathOf(block)} was not compiled.`)
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    const whole = !takesNames(program.getTypeChecker(), source, join(root, ambient))
    return { block, whole, problems: found.map((one) => `${block.file}:${lineOf(one)}: ${messageOf(one)}`) }
  })
}

/** The blocks are files that are on no disk. */
function withTexts(host: ts.CompilerHost, texts: ReadonlyMap<string, string>): ts.CompilerHost {
  return {
    ...host,
    fileExists: (path) => texts.has(path) || host.fileExists(path),
    readFile: (path) => texts.get(path) ?? host.readFile(path),
    getSourceFile: (path, options, ...more) => {
      const text = texts.get(path)
      return text === undefined
        ? host.getSourceFile(path, options, ...more)
        : ts.createSourceFile(path, text, options, true)
    },
  }
}

const messageOf = ({ messageText }: ts.Diagnostic) => ts.flattenDiagnosticMessageText(messageText, ' ')

const lineOf = ({ file, start = 0 }: ts.Diagnostic) =>
  (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1

/** From the page, which line 1 imports, or from the ambient file. */
function takesNames(checker: ts.TypeChecker, source: ts.SourceFile, ambient: string): boolean {
  if (source.text.startsWith('import')) return true
  const look = (node: ts.Node): boolean => {
    if (ts.isIdentifier(node)) {
      const short = ts.isShorthandPropertyAssignment(node.parent)
      const symbol = short
        ? checker.getShorthandAssignmentValueSymbol(node.parent)
        : checker.getSymbolAtLocation(node)
      const declared = symbol?.declarations ?? []
      if (declared.some((one) => one.getSourceFile().fileName === ambient)) return true
    }
    return ts.forEachChild(node, look) ?? false
  }
  return look(source)
}
