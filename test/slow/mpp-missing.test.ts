// Without `mppx` the entry loads, and `mpp()` says at once what is missing, by import and by require.
import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { useFolders } from '../support/folder.ts'

const run = promisify(execFile)
const makeFolder = useFolders()
const root = resolve(import.meta.dirname, '../..')

/** A project with this package's sources and every dependency but mppx. */
async function createProject(without: string): Promise<string> {
  const folder = await makeFolder()
  await cp(join(root, 'src'), join(folder, 'src'), { recursive: true })
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  await mkdir(join(folder, 'node_modules'))
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (name === without || name.startsWith('.')) continue
    await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  }
  return folder
}

const script = `
const account = { type: 'local', address: '0x1111111111111111111111111111111111111111', signTransaction() {} }
try {
  console.log(mpp({ account }).protocol)
} catch (error) {
  console.log(error.name, error.code, error.message)
}
`
const missing =
  /^InvalidInputError invalid_config Payment by MPP needs the package `mppx`\.\n.*\^0\.11\.0.*viem/

describe('stablestudio/mpp', () => {
  it.each([
    ['mppx', missing],
    ['nothing', /^mpp\n$/],
  ])('imported without %s', async (without, expected) => {
    const folder = await createProject(without)
    await writeFile(join(folder, 'main.ts'), `import { mpp } from './src/entries/mpp.ts'\n${script}`)
    const { stdout } = await run(process.execPath, [join(folder, 'main.ts')])
    expect(stdout).toMatch(expected)
  })

  it.each([
    ['mppx', missing],
    ['nothing', /^mpp\n$/],
  ])('required without %s', async (without, expected) => {
    const folder = await createProject(without)
    await build({
      stdin: {
        contents: `import { mpp } from './src/entries/mpp.ts'\n${script}`,
        resolveDir: folder,
        loader: 'ts',
      },
      outfile: join(folder, 'main.cjs'),
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'es2022',
      external: ['viem', 'viem/*', 'mppx', 'mppx/*', 'zod'],
      plugins: [
        {
          name: 'load-by-require',
          setup: (one) =>
            one.onResolve({ filter: /\/load\.ts$/ }, ({ resolveDir }) => ({
              path: join(resolveDir, 'mpp/load-cjs.ts').replace('mpp/mpp', 'mpp'),
            })),
        },
      ],
    })
    const { stdout } = await run(process.execPath, [join(folder, 'main.cjs')])
    expect(stdout).toMatch(expected)
  })
})
