// What an editor shows: every field of every operation has its comment, which is also what programs are told, and
// completion knows the names.
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { beforeAll, describe, expect, test } from 'vitest'
import { describeOperation } from '../../../src/catalogue/describe.ts'
import { operationIds } from '../../../src/catalogue/ids.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
/** Stands in memory only. */
const fileName = `${root}editor.ts`

/** One variable for each operation, typed as its input; and a call to complete. */
const lines = operationIds().map((operation, index) => `declare const input${index}: InputOf<'${operation}'>`)
const source = `import type { InputOf, StableStudioClient } from './src/index.ts'
${lines.join('\n')}
declare const studio: StableStudioClient
studio.run('wan-2.6/t2v', { prompt: '', size: '' })
studio.run('', {})
studio.submit('gpt-image-1.5/generate', { prompt: '', qualty: 'low' })
`

let service: ts.LanguageService
let checker: ts.TypeChecker
let file: ts.SourceFile

beforeAll(() => {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root)
  service = ts.createLanguageService({
    getScriptFileNames: () => [fileName],
    getScriptVersion: () => '1',
    getScriptSnapshot: (name) => {
      const text = name === fileName ? source : ts.sys.readFile(name)
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
    },
    getCurrentDirectory: () => root,
    getCompilationSettings: () => options,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (name) => name === fileName || ts.sys.fileExists(name),
    readFile: ts.sys.readFile,
  })
  const program = service.getProgram()
  const opened = program?.getSourceFile(fileName)
  if (!program || !opened) throw new Error('the file was not read')
  checker = program.getTypeChecker()
  file = opened
})

/** The comments of an input's fields. */
function commentsOf(index: number): Record<string, string> {
  const variable = file.statements
    .filter(ts.isVariableStatement)
    .flatMap((one) => [...one.declarationList.declarations])
    .find((one) => one.name.getText(file) === `input${index}`)
  if (!variable) throw new Error(`no input${index}`)
  const fields = checker.getTypeAtLocation(variable).getProperties()
  return Object.fromEntries(
    fields.map((field) => [
      field.getName(),
      ts.displayPartsToString(field.getDocumentationComment(checker)).replace(/\s+/g, ' '),
    ]),
  )
}

function completionsAfter(text: string): string[] {
  const position = source.indexOf(text) + text.length
  return (service.getCompletionsAtPosition(fileName, position, undefined)?.entries ?? []).map(
    ({ name }) => name,
  )
}

describe('comments of fields', () => {
  test.each(operationIds().map((operation, index) => ({ operation, index })))(
    '$operation',
    async ({ operation, index }) => {
      const { properties } = (await describeOperation(operation)).input
      const described = Object.entries(properties).map(([name, { description }]) => [name, description])
      expect(commentsOf(index)).toEqual(Object.fromEntries(described))
      expect(described.filter(([, text]) => !text)).toEqual([])
    },
  )
})

test('an editor completes operations and values', () => {
  expect(completionsAfter(`studio.run('`)).toEqual(expect.arrayContaining(operationIds()))
  expect(completionsAfter(`size: '`)).toEqual(['1280*720', '720*1280', '1920*1080', '1080*1920'])
})

test('a typo in an input of submit is shown as such, not as a wrong quote', () => {
  const errors = service
    .getSemanticDiagnostics(fileName)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
  const typo = errors.find((text) => text.includes("'qualty'"))
  expect(typo?.split('\n').at(-1)).toMatch(/Did you mean to write 'quality'\?$/)
})

test('a hover shows the comment of a field', () => {
  const info = service.getQuickInfoAtPosition(fileName, source.indexOf(`size: '`))
  expect(ts.displayPartsToString(info?.documentation)).toBe(
    'Pixels, with a star: $0.10 per second, $0.15 for 1920 by 1080.',
  )
})
