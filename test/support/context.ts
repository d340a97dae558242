// The context of a client, as its first call makes it from the options, and what is refused of them.
import { expect } from 'vitest'
import { type ClientOptions, readConfig } from '../../src/config.ts'
import { type Context, createContext } from '../../src/context.ts'
import { InvalidInputError } from '../../src/errors.ts'
import { createEvents } from '../../src/events.ts'

export function contextOf(options: ClientOptions = {}): Context {
  return createContext(readConfig(options), createEvents())
}

/** Why options are refused; fails when they are not. */
export function refusal(options: unknown): InvalidInputError {
  try {
    contextOf(options as ClientOptions)
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    expect(error).toMatchObject({ code: 'invalid_config', phase: 'input', payment: 'none' })
    return error
  }
  throw new Error('nothing was refused')
}

/** The names of the options that are refused. */
export const paths = (error: InvalidInputError) => error.issues.map(({ path }) => path)
