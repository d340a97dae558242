// The context of a client, as its first call makes it from the options.
import { type ClientOptions, readConfig } from '../../src/config.ts'
import { type Context, createContext } from '../../src/context.ts'
import { createEvents } from '../../src/events.ts'

export function contextOf(options: ClientOptions = {}): Context {
  return createContext(readConfig(options), createEvents())
}
