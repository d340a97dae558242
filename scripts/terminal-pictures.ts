// Draws the terminal's part of docs/images: the command as it is built, on the sandbox. Run after a build.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { playScenes, scenes } from './pictures/scenes.ts'
import { grounds, svgOf } from './pictures/svg.ts'

const root = join(import.meta.dirname, '..')

await mkdir(join(root, 'docs/images'), { recursive: true })
await playScenes(join(root, 'dist/cli/bin.js'), scenes, async (scene, screen) => {
  for (const [name, ground] of Object.entries(grounds))
    await writeFile(join(root, `docs/images/${scene.name}-${name}.svg`), svgOf(screen, scene, ground))
})
