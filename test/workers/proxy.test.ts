// The relay on real workerd, with the rules of today and with those of older workers.
import { join } from 'node:path'
import { describeRelayed } from '../support/relayed.ts'
import { bundleWorker, startWorker } from '../support/workerd.ts'

const script = bundleWorker(join(import.meta.dirname, 'relay.ts'))

for (const compatibilityDate of ['2026-04-01', '2023-08-01']) {
  describeRelayed(`in a worker of ${compatibilityDate}`, async (target) =>
    startWorker(await script, { compatibilityDate, bindings: { TARGET: target } }),
  )
}
