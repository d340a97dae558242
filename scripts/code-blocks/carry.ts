// A page goes on from its earlier blocks: what they import and declare, the later ones use.
import { basename } from 'node:path'
import ts from 'typescript'
import { type Block, pathOf, textOf } from './extract.ts'

/** The text of each module, by its path: its code at its lines, what it takes from the page on line 1, and its exports at the end. */
export function modulesOf(blocks: readonly Block[]): Map<string, string> {
  const modules = new Map<string, string>()
  /** For each page its names, and the module that has each. */
  const pages = new Map<string, Map<string, string>>()
  for (const block of blocks) {
    const { own, exported, used } = namesIn(block)
    const page = pages.get(block.file) ?? new Map<string, string>()
    const taken = [...page].filter(([name]) => !own.has(name) && used.has(name))
    const line = taken.map(([name, path]) => `import { ${name} } from './${path}'`).join(';')
    const rest = [...own].filter((name) => !exported.has(name))
    modules.set(pathOf(block), `${line}${textOf(block)}\nexport { ${rest.join(', ')} }`)
    for (const name of own) page.set(name, basename(pathOf(block)))
    pages.set(block.file, page)
  }
  return modules
}

/** Imported and declared names at the top level, those of them that the block exports itself, and all that it uses. */
function namesIn(block: Block): { own: Set<string>; exported: Set<string>; used: Set<string> } {
  const source = ts.createSourceFile(pathOf(block), block.code, ts.ScriptTarget.Latest, true)
  const own = new Set<string>()
  const exported = new Set<string>()
  for (const statement of source.statements) {
    const names = namesOf(statement)
    for (const name of names) own.add(name)
    const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined
    if (modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
      for (const name of names) exported.add(name)
  }
  return { own, exported, used: usedIn(source) }
}

function usedIn(source: ts.SourceFile): Set<string> {
  const used = new Set<string>()
  const look = (node: ts.Node): void => {
    const { parent } = node
    const ofValue =
      parent &&
      (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) &&
      parent.name === node
    if (ts.isIdentifier(node) && !ofValue) used.add(node.text)
    ts.forEachChild(node, look)
  }
  look(source)
  return used
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.flatMap(({ name }) => bound(name))
  if (ts.isImportDeclaration(statement)) {
    const { name, namedBindings: bindings } = statement.importClause ?? {}
    const named = !bindings
      ? []
      : ts.isNamedImports(bindings)
        ? bindings.elements.map((one) => one.name)
        : [bindings.name]
    return [...(name ? [name] : []), ...named].map(({ text }) => text)
  }
  const named =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement)
  return named && statement.name ? [statement.name.text] : []
}

const bound = (name: ts.BindingName): string[] =>
  ts.isIdentifier(name)
    ? [name.text]
    : name.elements.flatMap((element) => (ts.isBindingElement(element) ? bound(element.name) : []))
