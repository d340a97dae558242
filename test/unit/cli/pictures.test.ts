// The pictures of the terminal show what the command prints today. Where this fails: npm run docs:pictures.
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { playScenes, scenes } from '../../../scripts/pictures/scenes.ts'
import { linesIn } from '../../../scripts/pictures/svg.ts'
import { bin } from '../../support/command.ts'

const images = new URL('../../../docs/images/', import.meta.url)

/** What is another each time: ids, and how far it has come. */
const settled = (line: string) =>
  line
    .replace(/\bc[a-z0-9]{24}\b/g, 'JOB')
    .replace(/[█░]+/, 'BAR')
    .replace(/\d+ s\b/g, 'N s')

const isKept = (line: string) => line.trim() !== ''

/** A batch stands elsewhere at every look. */
const steady = scenes.filter(({ name }) => name !== 'batch')

it.each(steady)('docs/images/$name-*.svg', async (scene) => {
  let printed: readonly string[] = []
  let pictures = 0
  await playScenes(bin(), [scene], async (_, screen) => {
    printed = screen.lines.filter(isKept).map(settled)
    pictures = screen.pictures.length
  })
  expect(printed.length).toBeGreaterThan(3)
  for (const ground of ['light', 'dark']) {
    const svg = await readFile(new URL(`${scene.name}-${ground}.svg`, images), 'utf8')
    expect(linesIn(svg).map(settled)).toEqual(printed)
    expect(svg.split('<image ')).toHaveLength(pictures + 1)
  }
})
