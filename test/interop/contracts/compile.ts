// Solidity to the code that stands at an address. `node contracts/compile.ts` writes compiled.json anew.
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import solc from 'solc'
import { type Compiled, file, sources } from './compiled.ts'

/** What the sources give with this compiler. */
export function compile(): Compiled {
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(sources.map((name) => [name, { content: read(name) }])),
    settings: {
      optimizer: { enabled: true, runs: 200 },
      // Without the sources' hash the code depends on nothing but what it does.
      metadata: { appendCBOR: false, bytecodeHash: 'none' },
      outputSelection: { '*': { '*': ['evm.deployedBytecode.object'] } },
    },
  }
  const output = JSON.parse(solc.compile(JSON.stringify(input)))
  const code = (name: string) => {
    const object = output.contracts?.[name]?.[name]?.evm.deployedBytecode.object
    if (!object) throw new Error(JSON.stringify(output.errors, null, 2))
    return `0x${object}` as const
  }
  const codes = Object.fromEntries(sources.map((name) => [name, code(name)]))
  return { compiler: solc.version(), ...codes } as Compiled
}

function read(name: string): string {
  return readFileSync(new URL(`${name}.sol`, import.meta.url), 'utf8')
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(file, `${JSON.stringify(compile(), null, 2)}\n`)
}
