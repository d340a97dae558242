// Round trips and signatures of one generation on the real sandbox over HTTP, which verifies all of it.
// Parameters: subject.
import { createSandbox } from 'stablestudio/sandbox'
import { countSignatures, createAccount } from '../lib/account.ts'
import { parameters, report } from '../lib/child.ts'
import { createCountingFetch, serve } from '../lib/counting.ts'
import { useJumpClock } from '../lib/jump-clock.ts'
import { loadSubject } from '../lib/load.ts'
import type { SubjectName } from '../lib/subject.ts'

const { subject } = parameters<{ subject: SubjectName }>()
const clock = useJumpClock()
const sandbox = createSandbox()
const counted = countSignatures(createAccount('real'))
sandbox.fund(counted.account.address, '5')
const service = createCountingFetch(await serve(sandbox.fetch), clock)
const create = await loadSubject(subject)
const url = await create({ account: counted.account, fetch: service.fetch })()
if (!url.startsWith('http') || sandbox.settlements().length !== 1) throw new Error('It did not pay once.')
report({
  toPay: service.payTrips(),
  perPoll: service.pollTrips() / service.polls(),
  paymentSignatures: counted.payments(),
  signaturesPerPoll: counted.proofs() / service.polls(),
})
process.exit(0)
