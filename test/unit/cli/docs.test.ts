// What docs/command.md, the README and the help say of the command is what the command has.
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { exits } from '../../../src/cli/exit-codes.ts'
import { createProgram } from '../../../src/cli/program.ts'

const root = new URL('../../../', import.meta.url)
const read = (file: string) => readFile(new URL(file, root), 'utf8')

/** The program, which parses and does nothing. */
function parser(): Command {
  const program = createProgram(() => {})
  const silence = (command: Command): void => {
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} })
    if (command.commands.length === 0) command.action(() => {})
    for (const child of command.commands) silence(child)
  }
  silence(program)
  return program
}

/** The words of a command line, as a shell would hand them over: enough for what stands in the documents. */
function words(line: string): string[] {
  const [command = ''] = line.split(/ #| > | < | && | \|/)
  return [...command.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(([word]) => word.replace(/["']/g, ''))
}

async function linesIn(file: string): Promise<string[]> {
  const blocks = [...(await read(file)).matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block)
  const found = blocks.join('\n').matchAll(/(?:^|\$\(|&& )(?:npx )?stablestudio ([^\n)]*)/gm)
  return [...found].map(([, line = '']) => line)
}

describe.each(['README.md', 'docs/command.md'])('%s', async (file) => {
  const lines = await linesIn(file)

  it('shows the command', () => {
    expect(lines.length).toBeGreaterThan(2)
  })

  it.each(lines)('shows a command line that is understood: %s', async (line) => {
    await parser().parseAsync(words(line), { from: 'user' })
  })
})

describe('the help', () => {
  const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)]
  const examplesOf = (command: Command) => {
    let text = ''
    command.configureOutput({ writeOut: (part) => (text += part) })
    command.outputHelp()
    return text.split('Usage:')[0] ?? ''
  }
  const leaves = all(createProgram(() => {})).filter(({ commands }) => commands.length === 0)

  it('begins with examples, and each of them is understood', async () => {
    let count = 0
    for (const command of all(createProgram(() => {}))) {
      for (const [, line = ''] of examplesOf(command).matchAll(/^ +stablestudio (.*)$/gm)) {
        await parser().parseAsync(words(line.replace(/ {2,}.*/, '')), { from: 'user' })
        count += 1
      }
    }
    expect(count).toBeGreaterThan(20)
    expect(leaves.length).toBeGreaterThan(15)
  })
})

it('docs/command.md lists every exit code', async () => {
  const rows = [...(await read('docs/command.md')).matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code))
  expect(rows.sort((one, other) => one - other)).toEqual(
    Object.values(exits).sort((one, other) => one - other),
  )
})
