// Of the AI SDK only types are used: neither the source nor what is built from it imports any of it.
import { build } from 'esbuild'
import { expect, it } from 'vitest'

it('nothing of the AI SDK is loaded at run time', async () => {
  const { metafile } = await build({
    entryPoints: ['src/entries/ai.ts'],
    bundle: true,
    write: false,
    metafile: true,
    outdir: 'out',
    format: 'esm',
    packages: 'external',
    tsconfigRaw: {},
  })
  const [output] = Object.values(metafile.outputs)
  const packages = [
    ...new Set(
      output?.imports.map(({ path }) =>
        path
          .split('/')
          .slice(0, path.startsWith('@') ? 2 : 1)
          .join('/'),
      ),
    ),
  ]
  expect(packages.sort()).toEqual(['@noble/hashes', 'ky', 'viem', 'zod'])
})
