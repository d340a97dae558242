// Every operation of the catalogue, from input to an asset that opens.

import { describeOperation, isStableStudioError, operations } from 'stablestudio'
import { describe, expect, it } from 'vitest'
import { played, useTestClock } from '../support/clock.ts'
import { createStudio } from '../support/studio.ts'

useTestClock()

const url = 'https://example.com/picture.png'
/** What each operation needs beside a prompt. */
const needs: Record<string, object> = {
  'seedance/i2v': { urls: [url] },
  'seedance-fast/i2v': { urls: [url] },
  'wan-2.6/i2v': { image: url },
  'arrow-1.1/vectorize': { image: url },
  'arrow-1.1-max/vectorize': { image: url },
}

const heads = { image: /^(\x89PNG|\xff\xd8\xff|RIFF....WEBP)/s, video: /^....ftyp/s, svg: /^<(\?xml|svg)/ }

describe('every operation', () => {
  it.each(operations())('$id', async ({ id, kind }) => {
    const { studio, sandbox } = createStudio()
    const prompt = kind === 'svg' ? {} : { prompt: 'a lighthouse' }
    const images = id.endsWith('/edit') ? { images: [url] } : {}
    const output = await played(studio.run(id, { ...prompt, ...images, ...needs[id] } as never))
    expect(output.kind).toBe(kind)
    expect(sandbox.settlements()).toHaveLength(1)
    const head = String.fromCharCode(...(await output.bytes()).subarray(0, 16))
    expect(head).toMatch(heads[kind])
    expect(Boolean((output as { thumbnailUrl?: string }).thumbnailUrl)).toBe(kind === 'video')
  })
})

describe('a program', () => {
  it('chooses an operation by what it makes, what it costs and how long it takes', () => {
    const [cheapest] = operations()
      .filter(({ kind, typicalSeconds }) => kind === 'video' && typicalSeconds < 100)
      .sort((a, b) => Number(a.price.minUsd) - Number(b.price.minUsd))
    expect(cheapest).toEqual({
      id: 'grok-video/generate',
      model: 'grok-video',
      kind: 'video',
      description: 'Videos of 3 to 15 seconds from text, or from a picture to start from.',
      price: { minUsd: '0.15', maxUsd: '0.75' },
      typicalSeconds: 34,
    })
  })

  it('builds a form, or a tool of a language model, from the fields of an operation', async () => {
    const { input, files, pricedBy } = await describeOperation('flux-2-pro/edit')
    expect(input.required).toEqual(['prompt', 'images'])
    expect(input.properties.resolution).toEqual({
      type: 'string',
      description: 'Megapixels of the result; drives the price.',
      enum: ['0.5 MP', '1 MP', '2 MP'],
      default: '1 MP',
    })
    expect(files).toEqual(['images'])
    expect(pricedBy).toEqual(['resolution', 'images'])
  })

  it('is told what a mistyped operation was meant to be', async () => {
    const error: unknown = await describeOperation('seedance/t2i').catch((one) => one)
    expect(isStableStudioError(error) && error.name).toBe('UnknownOperationError')
    expect(isStableStudioError(error) && error.hint).toBe('Did you mean seedance/t2v?')
  })
})
