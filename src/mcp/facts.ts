// The tools that only tell: what there is, what it costs, and what may still be spent.
import { describeOperation, isStableStudioError, operations } from '../index.ts'
import { asksFrom } from './approval.ts'
import { bounded, type Extra } from './call.ts'
import { inputObject, readInput } from './inputs.ts'
import { Refusal } from './refusal.ts'
import { failed, type Result, said } from './results.ts'
import { exceededBy } from './room.ts'
import { type Runtime, requireAllowed } from './runtime.ts'

type ListModels = { kind?: string | undefined; operation?: string | undefined }

export async function listModels({ settings }: Runtime, { kind, operation }: ListModels): Promise<Result> {
  try {
    if (operation !== undefined) {
      requireAllowed(settings, operation)
      const { input, files, pricedBy, ...summary } = await describeOperation(operation)
      return said({ ...shortOf(summary), fields: input, files, priced_by: pricedBy })
    }
    const allowed = operations().filter(({ id }) => settings.operations?.includes(id) ?? true)
    return said({ models: allowed.filter((one) => kind === undefined || one.kind === kind).map(shortOf) })
  } catch (error) {
    return failed(error)
  }
}

type Summary = ReturnType<typeof operations>[number]

function shortOf({ id, kind, description, price, typicalSeconds }: Summary) {
  const { minUsd, maxUsd } = price
  return {
    operation: id,
    kind,
    usd: minUsd === maxUsd ? minUsd : `${minUsd}-${maxUsd}`,
    seconds: typicalSeconds,
    description,
  }
}

type GetPrice = { operation: string; input: Record<string, unknown> }

export async function getPrice(runtime: Runtime, given: GetPrice, extra: Extra): Promise<Result> {
  const { client, waitMs, inputFolders, askAbove } = runtime.settings
  return bounded(
    { extra, waitMs, clientCapabilities: () => undefined },
    async (call) => {
      requireAllowed(runtime.settings, given.operation)
      const { input } = await readInput(given.operation, inputObject(given.input), inputFolders)
      const quote = await client.quote(given.operation, input, { signal: call.signal, timeout: call.left() })
      const budget = await client.budget()
      return said({
        usd: quote.usd,
        uploads: quote.uploads,
        within_limits: exceededBy(budget, quote.usd) === undefined,
        left_today: budget.perDay?.left,
        asks_a_person: asksFrom(askAbove, quote.usd),
      })
    },
    () => failed(slow()),
  ).catch(failed)
}

const balanceMs = 8_000
const notKnown = 'not known'

export async function getBudget({ settings }: Runtime, extra: Extra): Promise<Result> {
  const { client, waitMs, address, askAbove } = settings
  return bounded(
    { extra, waitMs, clientCapabilities: () => undefined },
    async () => {
      const limits = await client.budget()
      return said({ address, balance: await balanceOf(client), limits, ask_a_person_from: askAbove })
    },
    () => failed(slow()),
  ).catch(failed)
}

/** Never a zero for what cannot be read. */
async function balanceOf(client: Runtime['settings']['client']): Promise<unknown> {
  try {
    const all = await client.balance({ timeout: balanceMs })
    return all.length > 0 ? all.map(({ usd, network }) => ({ usd, network })) : notKnown
  } catch (error) {
    return isStableStudioError(error) && error.code === 'wallet_missing' ? 'no wallet' : notKnown
  }
}

function slow(): Refusal {
  return new Refusal('timeout', 'The service did not answer in time. Nothing was paid.', 'Call again later.')
}
