// Files of every sort as inputs: what the service does not take costs nothing, and what it takes arrives unchanged.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { fromFile } from 'stablestudio/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { played, useTestClock } from '../support/clock.ts'
import { box, bytesOf, files } from '../support/sample-files.ts'
import { createStudio, failure } from '../support/studio.ts'

useTestClock()

const edit = 'nano-banana-pro/edit'
const heic = box('heic', 'mif1', 'heic')

describe('a file that the service does not take', () => {
  it.each([
    ['HEIC', heic],
    ['SVG', bytesOf('<svg/>')],
    ['a film', files.mp4],
  ])('%s is refused in an edit before anything is asked or paid', async (_name, bytes) => {
    const { studio, sandbox } = createStudio()
    const images = [new File([bytes], 'photo.png', { type: 'image/png' })]
    for (const call of [
      studio.run(edit, { prompt: 'at night', images }),
      studio.quote(edit, { prompt: 'at night', images }),
    ]) {
      expect(await failure(call)).toMatchObject({
        name: 'InvalidInputError',
        issues: [{ path: 'images' }],
      })
    }
    expect(sandbox.requests()).toHaveLength(0)
  })
})

describe('bytes of another realm', () => {
  const realm = createContext({ png: [...files.png] })
  it.each(['new Uint8Array(png)', 'new Uint8Array(png).buffer', 'new DataView(new Uint8Array(png).buffer)'])(
    '%s are uploaded and used, as they were when they were given',
    async (code) => {
      const { studio, sandbox } = createStudio()
      const bytes = runInContext(code, realm)
      const running = studio.run(edit, { prompt: 'at night', images: [bytes] })
      new Uint8Array(bytes.buffer ?? bytes).fill(0)
      await played(running)
      const url = String(sandbox.jobs()[0]?.input.images)
      expect([...new Uint8Array(await (await sandbox.fetch(url)).arrayBuffer())]).toEqual([...files.png])
      expect(sandbox.settlements()).toHaveLength(2)
    },
  )
})

describe('fromFile', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stablestudio-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))
  const written = async (name: string, bytes: Uint8Array) => {
    await writeFile(join(folder, name), bytes)
    return join(folder, name)
  }

  it.each([
    ['IMG_1.HEIC', heic],
    ['photo.jpg', heic],
    ['logo.svg', bytesOf('<?xml version="1.0"?><svg/>')],
    ['empty.png', new Uint8Array()],
  ])('refuses %s', async (name, bytes) => {
    const path = await written(name, bytes)
    expect(await failure(fromFile(path))).toMatchObject({ name: 'InvalidInputError', payment: 'none' })
  })

  it.each([
    ['song.m4a', box('isom', 'mp42'), 'audio/mp4'],
    ['film.mp4', box('isom', 'mp42'), 'video/mp4'],
    ['photo.jpg', files.png, 'image/png'],
  ])('knows %s', async (name, bytes, type) => {
    const file = await fromFile(await written(name, bytes))
    expect([file.name, file.type]).toEqual([name, type])
    const { studio } = createStudio()
    expect((await played(studio.upload(file))).mediaType).toBe(type)
  })
})

it('sound is taken where an input asks for it', async () => {
  const { studio, sandbox } = createStudio()
  const audioUrl = new Uint8Array(box('isom', 'mp42'))
  await played(studio.run('wan-2.6/t2v', { prompt: 'a song', audioUrl }))
  expect(sandbox.jobs()[0]?.input.audioUrl).toMatch(/\.m4a$/)
})
