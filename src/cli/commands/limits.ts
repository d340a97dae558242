// `limits`: what may be spent, and what is left of it. `limits set` is the owner's way to change it.
import type { Budget } from '../../index.ts'
import { changeConfig, type Limit } from '../../local/config.ts'
import { exits } from '../exit-codes.ts'
import type { Flags } from '../flags.ts'
import { openSettings, type Session, withSession } from '../session.ts'
import { table } from '../terminal/text.ts'

export async function show(flags: Flags): Promise<number> {
  const showBudget = async ({ ui, studio, config }: Session) => {
    const budget = await studio.budget()
    if (flags.json) ui.json(budget)
    else for (const line of table(rowsOf(budget))) ui.out(line)
    if (config.askAbove !== undefined) ui.note(`Up to $${config.askAbove} nobody is asked.`)
    return exits.done
  }
  return withSession(flags, showBudget, { wallet: false })
}

function rowsOf({ perCall, perDay, total }: Budget): string[][] {
  const over = (name: string, left: Budget['total']) =>
    left
      ? [[name, `$${left.limit}`, `spent $${left.spent}`, `reserved $${left.reserved}`, `left $${left.left}`]]
      : []
  return [
    ...(perCall ? [['per call', `$${perCall}`]] : []),
    ...over('per day', perDay),
    ...over('total', total),
  ]
}

export const limitNames = {
  'per-call': 'perCall',
  'per-day': 'perDay',
  total: 'total',
  'ask-above': 'askAbove',
} as const

export async function set(name: keyof typeof limitNames, usd: string, flags: Flags): Promise<number> {
  const { places, ui } = await openSettings(flags)
  const field: Limit | 'askAbove' = limitNames[name]
  const config = await changeConfig(places.config, (before) =>
    field === 'askAbove'
      ? { ...before, askAbove: usd }
      : { ...before, limits: { ...before.limits, [field]: usd } },
  )
  if (flags.json) ui.json(config)
  else ui.note(`${name} is $${usd} now, for the command and the MCP server. It is in ${places.config}.`)
  return exits.done
}
