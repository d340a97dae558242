// Every operation of the catalogue, from input to an asset that opens.

import { operationIds } from 'stablestudio'
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

function kindOf(id: string): 'image' | 'video' | 'svg' {
  if (id.startsWith('arrow')) return 'svg'
  return /^(veo|sora|wan|seedance|grok-video)/.test(id) ? 'video' : 'image'
}

describe('every operation', () => {
  it.each(operationIds())('%s', async (id) => {
    const { studio, sandbox } = createStudio()
    const kind = kindOf(id)
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
