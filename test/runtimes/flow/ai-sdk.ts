// The AI SDK on this runtime, with a wallet behind it: a picture, and a video that is started and then looked at.
import type * as sdk from 'ai'
import type * as provider from 'stablestudio/ai'
import { type Check, connect, control, equal, textAt } from './rig.ts'

const prompt = 'a harbour at night'

/** Not in pages: the AI SDK is for servers, and a strict Content-Security-Policy complains of it. */
export function aiSdk(ai: typeof sdk, { createStableStudio }: typeof provider): Check {
  return [
    'AI SDK',
    async ({ rig, wallet }) => {
      const before = (await control(rig)).settlements.length
      const studio = createStableStudio({ client: connect(rig, { wallet }) })
      const { images } = await ai.generateImage({ model: studio.image('grok'), prompt, n: 2, maxRetries: 5 })
      equal(
        images.map(({ uint8Array, mediaType }) => [mediaType, textAt(uint8Array, 1, 3)]),
        Array(2).fill(['image/png', 'PNG']),
        'the pictures',
      )
      const model = studio.video('grok-video')
      const { operation } = await ai.experimental_startVideo({ model, prompt, duration: 3 })
      await studio.client.wait((operation as { id: string }).id)
      const status = await ai.experimental_getVideoStatus(model, { operation })
      const [video] = status.status === 'completed' ? status.videos : []
      equal(video?.type === 'binary' && textAt(video.data, 4, 4), 'ftyp', 'the video')
      equal((await control(rig)).settlements.length, before + 3, 'settlements')
    },
  ]
}
