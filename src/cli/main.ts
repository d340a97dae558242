// Runs one command line: parses it, runs the command, and turns what is thrown into an exit code.
import { CommanderError } from 'commander'
import { exits } from './exit-codes.ts'
import { endOnSignals } from './interrupt.ts'
import { createProgram } from './program.ts'
import { clean } from './terminal/text.ts'
import { createUi, ignoreClosedPipes } from './terminal/ui.ts'

export async function main(args: readonly string[]): Promise<number> {
  ignoreClosedPipes()
  forgetEmpty()
  endOnSignals({ json: args.includes('--json') })
  let code: number = exits.done
  const isCompletion = args[0] === 'completion' || args[0] === 'complete'
  const program = createProgram((result) => {
    code = result
  }, isCompletion)
  try {
    if (isCompletion) (await import('./commands/completion.ts')).addCompletion(program)
    await program.parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    return tell(error, args)
  }
}

/** An empty variable stands for none, as where a script sets one that it does not have. */
function forgetEmpty(): void {
  for (const [name, value] of Object.entries(process.env))
    if (name.startsWith('STABLESTUDIO_') && value === '') delete process.env[name]
}

/** On stderr for people; with `--json` also on stdout, as the one value that a program reads. */
async function tell(error: unknown, args: readonly string[]): Promise<number> {
  const asJson = args.includes('--json')
  const ui = createUi({ json: asJson, quiet: false })
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exits.done
    if (asJson)
      ui.json({
        error: {
          name: error.name,
          code: 'invalid_input',
          shortMessage: clean(error.message),
          payment: 'none',
        },
      })
    return exits.usage
  }
  // Only what fails needs the client's errors.
  const [{ jsonOfError }, { exitCodeOf, linesOf }] = await Promise.all([
    import('./pay/json.ts'),
    import('./exit.ts'),
  ])
  if (asJson) ui.json(jsonOfError(error))
  const [first = '', ...rest] = linesOf(error).map((line) => clean(line))
  ui.warn(`${ui.style('red', 'error')}  ${first}`)
  for (const line of rest) ui.warn(line)
  return exitCodeOf(error)
}
