// CPU time of whole generations with three polls, on the canned service, after a warm-up. Parameters: subject, signer,
// warmUp, count; `profile` names a file for a CPU profile of the measured part.
import { writeFile } from 'node:fs/promises'
import { Session } from 'node:inspector/promises'
import { createAccount, type SignerName } from '../lib/account.ts'
import { createCannedFetch } from '../lib/canned.ts'
import { parameters, report } from '../lib/child.ts'
import { useJumpClock } from '../lib/jump-clock.ts'
import { loadSubject } from '../lib/load.ts'
import type { SubjectName } from '../lib/subject.ts'

type Parameters = {
  subject: SubjectName
  signer: SignerName
  warmUp?: number
  count?: number
  profile?: string
}

const { subject, signer, warmUp = 100, count = 300, profile } = parameters<Parameters>()
const clock = useJumpClock()
const create = await loadSubject(subject)
const generate = create({
  account: createAccount(signer),
  fetch: await createCannedFetch({ looks: 3, clock }),
})
for (let done = 0; done < warmUp; done += 1) await generate()
const finish = profile === undefined ? undefined : await startProfile(profile)
const before = process.cpuUsage()
let url = ''
for (let done = 0; done < count; done += 1) url = await generate()
const { user, system } = process.cpuUsage(before)
await finish?.()
if (!url.startsWith('https://')) throw new Error(`No URL came out of it: ${url}`)
report({ microseconds: (user + system) / count })

async function startProfile(file: string): Promise<() => Promise<void>> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: 200 })
  await session.post('Profiler.start')
  return async () => writeFile(file, JSON.stringify((await session.post('Profiler.stop')).profile))
}
