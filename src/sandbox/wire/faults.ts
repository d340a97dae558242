// Failures on demand: which step fails, how, how often, and how likely.

import type { Random } from '../state/ids.ts'
import { invalidConfig } from '../state/invalid.ts'
import { checkFault, withDefaults } from './fault-kinds.ts'
import type { Fault, FaultStep, Faults, Strike } from './fault-types.ts'

type Entry = { fault: Fault; left: number }

/** The public faults, and `strike`, which picks the one that strikes a request. */
export function createFaults(random: Random): {
  faults: Faults
  strike(step: FaultStep): Strike | undefined
} {
  let pending: Entry[] = []
  // Those that were not removed, used up or not: a returned strike must not bring back a removed fault.
  let wanted = new WeakSet<Entry>()
  const drop = (entry: Entry) => {
    pending = pending.filter((one) => one !== entry)
  }
  const faults: Faults = {
    add({ step, ...rest }) {
      const fault = { ...rest, step: step === 'asset' ? 'output' : step }
      const issues = checkFault(fault)
      if (issues.length > 0) throw invalidConfig(issues)
      const entry = { fault, left: fault.times ?? 1 }
      pending.push(entry)
      wanted.add(entry)
      return () => {
        drop(entry)
        wanted.delete(entry)
      }
    },
    clear() {
      pending = []
      wanted = new WeakSet()
    },
  }
  const giveBack = (entry: Entry) => {
    entry.left += 1
    if (wanted.has(entry) && !pending.includes(entry)) pending.unshift(entry)
  }
  const strike = (step: FaultStep): Strike | undefined => {
    const hit = pending.find(({ fault }) => fault.step === step && random() < (fault.probability ?? 1))
    if (!hit) return undefined
    hit.left -= 1
    if (hit.left <= 0) drop(hit)
    return { ...withDefaults(hit.fault), giveBack: () => giveBack(hit) }
  }
  return { faults, strike }
}
