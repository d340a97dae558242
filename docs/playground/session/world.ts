// What is around a program: the sandbox with its chain, a funded wallet, and a name for its stores.
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { createSandbox, type Sandbox } from '../../../src/entries/sandbox.ts'
import type { FaultName } from './faults.ts'

/** Enough that a client which pays any offer would lose something. */
const fundedUsd = '1000'
/** Divides the typical time of jobs. They are done before the client first asks: one waits at its own pace. */
const speed = 4
/** The quickest job takes twenty seconds, which is longer than the programs here wait. */
const slowSpeed = 0.15

export type World = {
  sandbox: Sandbox
  privateKey: `0x${string}`
  address: `0x${string}`
  database: string
  /** From now on nothing goes wrong; a slow job stays slow. */
  calm(): void
}

export function createWorld(database: string, fault?: FaultName): World {
  let asked = fault === 'greedy' ? '900' : undefined
  const sandbox = createSandbox({
    speed: fault === 'slow' ? slowSpeed : speed,
    price: () => asked,
    seed: randomSeed(),
  })
  const privateKey = generatePrivateKey()
  const address = privateKeyToAddress(privateKey)
  sandbox.fund(address, fundedUsd)
  if (fault === 'lost') sandbox.faults.add({ step: 'pay', kind: 'reset-after' })
  const calm = () => {
    sandbox.faults.clear()
    asked = undefined
  }
  return { sandbox, privateKey, address, database, calm }
}

const randomSeed = () => crypto.getRandomValues(new Uint32Array(1))[0] ?? 1

/** What was paid in this world. */
export type Paid = { count: number; totalUsd: string; eachUsd: string | undefined; balanceUsd: string }

export function paidIn({ sandbox, address }: World): Paid {
  const settlements = sandbox.settlements()
  const amounts = new Set(settlements.map(({ usd }) => usd))
  const total = settlements.reduce((sum, { amount }) => sum + BigInt(amount), 0n)
  return {
    count: settlements.length,
    totalUsd: usdOf(total),
    eachUsd: amounts.size === 1 ? settlements[0]?.usd : undefined,
    balanceUsd: sandbox.balance(address),
  }
}

/** USDC has six decimals; people read at least two. */
function usdOf(atomic: bigint): string {
  const digits = atomic.toString().padStart(7, '0')
  const decimals = digits.slice(-6).replace(/0{1,4}$/, '')
  return `${digits.slice(0, -6)}.${decimals}`
}
