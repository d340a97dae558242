// What a generation made: as bytes, as a file on the disk, as the next input; and when it has expired.

import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OutputData } from 'stablestudio'
import { fromFile, saveTo } from 'stablestudio/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pass, played, useTestClock } from '../support/clock.ts'
import { createHostile } from '../support/hostile.ts'
import { createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

const url = 'https://example.com/picture.png'

describe('outputs', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stablestudio-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('are saved whole, named after the job where the path is a folder', async () => {
    const { studio } = createStudio()
    const image = await played(studio.run(operation, input))
    const file = await saveTo(image, folder)
    // A path without an extension names a folder, whether it exists or not.
    expect(await saveTo(image, join(folder, 'pictures'))).toBe(join(folder, 'pictures', `${image.jobId}.png`))
    const { mode } = await stat(join(folder, 'pictures'))
    expect(mode & 0o777).toBe(0o777 & ~process.umask())
    expect(file).toBe(join(folder, `${image.jobId}.png`))
    expect(new Uint8Array(await readFile(file))).toEqual(await image.bytes())
    expect(await saveTo(image, join(folder, 'deep/er/name.png'))).toBe(join(folder, 'deep/er/name.png'))
    expect(await readdir(folder)).toEqual([`${image.jobId}.png`, 'deep', 'pictures'])
  })

  it('that came through JSON are saved as well, and named after the job', async () => {
    const { studio, sandbox } = createStudio()
    const image = await played(studio.run(operation, input))
    const data: OutputData = JSON.parse(JSON.stringify(image))
    expect(data).toEqual({ ...image })
    const file = await saveTo(data, `${folder}/`, { fetch: sandbox.fetch })
    expect(file).toBe(join(folder, `${image.jobId}.png`))
    expect(new Uint8Array(await readFile(file))).toEqual(await image.bytes())
    await pass(21 * 60_000)
    const late = await failure(saveTo(data, file, { fetch: sandbox.fetch }))
    expect(late).toMatchObject({ name: 'OutputError', code: 'output_expired' })
  })

  it.each([
    ['a name that leaves the folder', { jobId: '../../evil' }, 'invalid_input'],
    ['no URL', { url: undefined }, 'invalid_input'],
    ['plain http', { url: 'http://assets.example/1.png' }, 'output_not_allowed'],
    ['a file', { url: 'file:///etc/passwd' }, 'output_not_allowed'],
  ])('that came through JSON with %s are not fetched', async (_what, change, code) => {
    const data = { kind: 'image', url, jobId: 'cjob1', expiresAt: '2026-11-22T12:20:00.000Z', ...change }
    const fetch = () => expect.fail('fetched')
    expect(await failure(saveTo(data as OutputData, folder, { fetch }))).toMatchObject({ code })
    expect(await readdir(folder)).toEqual([])
  })

  it.each([
    ['a promise', Promise.resolve(), 'is a Promise: await it'],
    ['nothing', undefined, 'must be an output'],
    ['a text', url, 'must be an output'],
  ])('are not %s', async (_what, given, message) => {
    expect(await failure(saveTo(given as never, folder))).toMatchObject({
      name: 'InvalidInputError',
      message: expect.stringContaining(message),
    })
  })

  it('replace a file only where they may', async () => {
    const { studio } = createStudio()
    const image = await played(studio.run(operation, input))
    const file = join(folder, 'name.png')
    await writeFile(file, 'mine')
    const error = await failure(saveTo(image, file, { overwrite: false }))
    expect(error).toMatchObject({ name: 'OutputError', message: expect.stringContaining('The file exists') })
    expect(await readFile(file, 'utf8')).toBe('mine')
    await saveTo(image, file)
    expect(new Uint8Array(await readFile(file))).toEqual(await image.bytes())
    await saveTo(image, join(folder, 'new.png'), { overwrite: false })
    expect(await readdir(folder)).toEqual(['name.png', 'new.png'])
  })

  it('leave nothing half written behind', async () => {
    const { studio } = createStudio()
    const image = await played(studio.run(operation, input))
    const error = await failure(saveTo(image, join(folder, 'name\u0000.png')))
    expect(error).toMatchObject({ name: 'OutputError', code: 'output_failed', payment: 'settled' })
    expect(await readdir(folder)).toEqual([])
  })

  it('go back in as an input', async () => {
    const { studio, sandbox } = createStudio()
    const image = await played(studio.run(operation, input))
    const file = await fromFile(await saveTo(image, join(folder, 'house.png')))
    expect([file.name, file.type]).toEqual(['house.png', 'image/png'])
    await played(studio.run('nano-banana-pro/edit', { prompt: 'at night', images: [file] }))
    expect(sandbox.settlements().map(({ operation }) => operation)).toContain('upload')
  })

  it('that expired say so, after one look at the job', async () => {
    const { studio, sandbox } = createStudio()
    const image = await played(studio.run(operation, input))
    await pass(21 * 60_000)
    const before = sandbox.requests().length
    expect(await played(failure(image.blob()))).toMatchObject({ name: 'OutputError', code: 'output_expired' })
    const paths = sandbox
      .requests()
      .slice(before)
      .map(({ path }) => path.split('/')[1])
    expect(paths).toEqual(['generated', 'api'])
  })

  it('that moved are fetched where the job says now', async () => {
    let moved = false
    const hostile = createHostile(async (request, genuine) => {
      if (request.url.endsWith('/moved.png'))
        return new Response('moved', { headers: { 'content-type': 'image/png' } })
      const answer = await genuine()
      if (!moved || !new URL(request.url).pathname.startsWith('/api/jobs/')) return answer
      return Response.json({
        ...(await answer.json()),
        result: { imageUrl: 'https://cdn.example/moved.png' },
      })
    })
    const image = await played(hostile.studio.run(operation, input))
    await pass(21 * 60_000)
    moved = true
    expect(await (await played(image.blob())).text()).toBe('moved')
  })

  it('larger than allowed are not read', async () => {
    const { studio } = createStudio()
    const image = await played(studio.run(operation, input))
    expect(await failure(image.bytes({ maxBytes: 1_000 }))).toMatchObject({ code: 'output_too_large' })
  })

  it.each([
    '<svg xmlns="http://www.w3.org/2000/svg"/>',
    { svg: '<?xml version="1.0"?>\n<svg/>' },
    { content: ' <svg/>' },
  ])('that are SVG text are read too: %j', async (result) => {
    const hostile = createHostile(async (request, genuine) => {
      const answer = await genuine()
      if (!new URL(request.url).pathname.startsWith('/api/jobs/')) return answer
      const job = await answer.json()
      return Response.json(job.status === 'complete' ? { ...job, result } : job)
    })
    const drawing = await played(hostile.studio.run('arrow-1.1/vectorize', { image: url }))
    expect(drawing.kind).toBe('svg')
    expect((await drawing.blob()).type).toBe('image/svg+xml')
    expect(await (await drawing.blob()).text()).toContain('<svg')
    expect(await saveTo(drawing, `${folder}/`)).toBe(join(folder, `${drawing.jobId}.svg`))
  })
})
