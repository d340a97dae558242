// The client of the package; the page hears all its events.
import { eventNames } from '../../../src/events.ts'
import * as stablestudio from '../../../src/index.ts'
import type { Report } from '../wire.ts'

export function watched(tell: (report: Report) => void): typeof stablestudio {
  class StableStudioClient extends stablestudio.StableStudioClient {
    constructor(options?: stablestudio.ClientOptions) {
      super(options)
      for (const name of eventNames)
        this.on(name, (facts) => tell({ kind: 'event', name, facts: { ...facts } }))
    }
  }
  return { ...stablestudio, StableStudioClient }
}
