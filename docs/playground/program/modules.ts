// The modules that a program may import. Each is loaded only for programs that do.
import type { PrivateKeyAccount } from 'viem/accounts'
import type { Report, Start } from '../wire.ts'

type Tell = (report: Report) => void
type Module = Readonly<Record<string, unknown>>

export type Modules = { load(names: readonly string[]): Promise<(name: string) => unknown> }

export function createModules(start: Start, tell: Tell): Modules {
  const sources: Record<string, () => Promise<Module>> = {
    stablestudio: async () => (await import('./watched-client.ts')).watched(tell),
    'stablestudio/browser': async () => {
      const browser = await import('../../../src/entries/browser.ts')
      const indexedDbStore = (name?: string) => browser.indexedDbStore(`${start.database}${name ?? ''}`)
      return { ...browser, indexedDbStore } satisfies typeof browser
    },
    'stablestudio/x402': () => import('../../../src/entries/x402.ts'),
    'stablestudio/siwx': () => import('../../../src/entries/siwx.ts'),
    viem: () => import('viem'),
    'viem/accounts': () => import('viem/accounts'),
    './page.ts': () => pageFor(start, tell),
  }
  return {
    async load(names) {
      const loaded = new Map<string, Module>()
      for (const name of names) {
        const load = Object.hasOwn(sources, name) ? sources[name] : undefined
        if (!load) throw new Error(`There is no '${name}' here. The playground has ${listed(sources)}.`)
        loaded.set(name, strict(name, await load()))
      }
      return (name) => loaded.get(name)
    },
  }
}

const listed = (sources: object) =>
  Object.keys(sources)
    .map((name) => `'${name}'`)
    .join(', ')

/** A module says which name it lacks, as an import does. */
function strict(name: string, module: Module): Module {
  const all: Module = { ...module, __esModule: true }
  return new Proxy(all, {
    get(target, key) {
      if (typeof key === 'symbol' || Object.hasOwn(target, key)) return target[key as string]
      throw new SyntaxError(`'${name}' does not export '${key}'.`)
    },
  })
}

async function pageFor({ privateKey, file, job }: Start, tell: Tell): Promise<Module> {
  const { privateKeyToAccount } = await import('viem/accounts')
  const wallet = counted(privateKeyToAccount(privateKey), tell)
  const show = (media: Blob) => tell({ kind: 'shown', media })
  if (!job) return { wallet, file, show }
  return { wallet, file, show, job } satisfies typeof import('../presets/page.ts')
}

/** The same account, which tells the page of each signature. */
function counted(account: PrivateKeyAccount, tell: Tell): PrivateKeyAccount {
  return {
    ...account,
    signTypedData(parameters) {
      tell({ kind: 'signed', what: 'payment' })
      return account.signTypedData(parameters)
    },
    signMessage(parameters) {
      tell({ kind: 'signed', what: 'sign-in' })
      return account.signMessage(parameters)
    },
  }
}
