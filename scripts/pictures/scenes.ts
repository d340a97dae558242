// What the pictures of the terminal show, and the sandbox on which it happens.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSandbox } from '../../src/entries/sandbox.ts'
import { play, type Scene, type Screen } from './terminal.ts'

/** To add one, add a line here and name the picture in a document. */
export const scenes: readonly Scene[] = [
  { name: 'demo', line: 'npx stablestudio demo', columns: 56 },
  {
    name: 'progress',
    line: 'stablestudio image "a lighthouse at dusk" --yes -n 3 -o pictures/',
    columns: 92,
    until: /█{8}/,
  },
  {
    name: 'price',
    line: 'stablestudio image "a lighthouse at dusk" --quality low',
    columns: 92,
    until: /Yes.*No/s,
  },
  {
    name: 'batch',
    line: 'stablestudio batch prompts.jsonl --max-total 1.00',
    columns: 92,
    until: /3 of 6 done, 3 running/,
  },
]

const key = `0x${'1'.repeat(64)}`
const address = '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A'

/** Plays scenes with the command that was built. What it knows of the machine is a folder of its own. */
export async function playScenes(
  bin: string,
  wanted: readonly Scene[],
  seen: (scene: Scene, screen: Screen) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'stablestudio-pictures-'))
  // As slow as the service, so that a busy machine does not miss the moment that a picture shows.
  const sandbox = createSandbox()
  const server = await sandbox.listen()
  sandbox.fund(address, '20')
  await writeFile(join(folder, 'prompts.jsonl'), prompts().join('\n'))
  try {
    for (const scene of wanted) {
      const env = {
        PATH: process.env.PATH ?? '',
        TERM: 'xterm-256color',
        // The terminal shows pictures.
        TERM_PROGRAM: 'iTerm.app',
        HOME: folder,
        STABLESTUDIO_SERVICE: server.url,
        STABLESTUDIO_DATA: join(folder, scene.name),
        STABLESTUDIO_PRIVATE_KEY: key,
      }
      await seen(scene, await play(scene, { bin, cwd: folder, env }))
    }
  } finally {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Pictures are made sooner than videos, so that some are done and some are not. */
function prompts(): string[] {
  const picture = { operation: 'gpt-image-1.5/generate', fields: { quality: 'low' } }
  const video = { operation: 'grok-video/generate', fields: { duration: '3' } }
  const orders = [
    { ...picture, prompt: 'a lighthouse' },
    { ...picture, prompt: 'a harbour' },
    { ...picture, prompt: 'a ferry' },
    { ...video, prompt: 'the lamp turns' },
    { ...video, prompt: 'waves break' },
    { ...video, prompt: 'gulls circle' },
  ]
  return orders.map(({ operation, fields, prompt }) =>
    JSON.stringify({ operation, input: { prompt, ...fields }, name: prompt.replaceAll(' ', '-') }),
  )
}
