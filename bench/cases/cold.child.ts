// A cold start: from nothing loaded to an account and a client that could pay, and on to the first signed payment.
// Built to JavaScript before it runs, so that no type is stripped meanwhile. Parameters: subject.
import { createCannedFetch } from '../lib/canned.ts'
import { parameters, report } from '../lib/child.ts'
import type { Generate, Setup, SubjectName } from '../lib/subject.ts'

const { subject } = parameters<{ subject: SubjectName }>()
let signed = () => {}
const firstPayment = new Promise<void>((resolve) => {
  signed = resolve
})
const fetch = await createCannedFetch({ looks: 1, onJob: () => signed() })

const file = `./${subject}.js`
const start = performance.now()
const [{ privateKeyToAccount }, { create }] = await Promise.all([
  import('viem/accounts'),
  import(file) as Promise<{ create: (setup: Setup) => Generate }>,
])
const account = privateKeyToAccount(`0x${'42'.repeat(32)}`)
const generate = create({ account, fetch })
const ready = performance.now()
void generate()
await firstPayment
const paid = performance.now()
report({ readyMs: ready - start, paidMs: paid - start })
process.exit(0)
