// Plays the whole flow against a sandbox, in whatever runtime it finds itself, and says how each check went.
import { bookChecks } from './books.ts'
import { generationChecks } from './generations.ts'
import { type Check, connect, control, type Result, type Rig, type Stage } from './rig.ts'
import { onSolana } from './solana.ts'

/** Checks of one row run at the same time; rows one after the other. */
function rowsOf({ extra = [] }: Rig): Check[][] {
  return [...generationChecks, [onSolana], ...bookChecks, ...extra.map((check) => [check])]
}

export async function play(rig: Rig): Promise<Result[]> {
  const wallet = rig.accounts.privateKeyToAccount(rig.accounts.generatePrivateKey())
  await control(rig, { fund: wallet.address })
  const stage: Stage = { rig, wallet, studio: connect(rig, { wallet, limits: { total: '5' } }) }
  const results: Result[] = []
  for (const row of rowsOf(rig)) results.push(...(await Promise.all(row.map((check) => run(check, stage)))))
  const complaints = rig.complaints?.() ?? []
  return [
    ...results,
    { check: 'no complaint', ...(complaints.length > 0 && { error: complaints.join('; ') }) },
  ]
}

async function run([check, work]: Check, stage: Stage): Promise<Result> {
  try {
    await work(stage)
    return { check }
  } catch (error) {
    return { check, error: textOf(error) }
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause ? `${error.message} (${textOf(error.cause)})` : error.message
}
