// Questions to the person at the terminal. Asked on stderr, and only where both ends are a terminal.
import { CANCEL_SYMBOL, confirm, password } from '@clack/prompts'
import { StableStudioError } from '../../index.ts'

const common = { input: process.stdin, output: process.stderr }

/** @throws {StableStudioError} `aborted`, on Ctrl-C. */
export async function askYes(message: string, signal?: AbortSignal): Promise<boolean> {
  return answered(await confirm({ ...common, message, initialValue: false, ...(signal && { signal }) }))
}

/** @throws {StableStudioError} `aborted`, on Ctrl-C. */
export async function askPassword(
  message: string,
  {
    validate,
    signal,
  }: { validate?: (text: string) => string | undefined; signal?: AbortSignal | undefined } = {},
): Promise<string> {
  const check = (text: string | undefined) => validate?.(text ?? '')
  return answered(await password({ ...common, message, validate: check, ...(signal && { signal }) }))
}

function answered<value extends boolean | string>(value: value | typeof CANCEL_SYMBOL): value {
  if (value !== CANCEL_SYMBOL) return value
  throw new StableStudioError('Interrupted.', {
    code: 'aborted',
    safeToRetry: true,
    hint: 'Nothing was paid.',
  })
}
