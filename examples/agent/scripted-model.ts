// In place of a language model: it decides nothing, but calls the tools in the order in which a model would, and reads the
// path of the file from what the tool said.
import type { LanguageModelV4CallOptions, LanguageModelV4GenerateResult } from '@ai-sdk/provider'
import { MockLanguageModelV4 } from 'ai/test'

type Turn = { tool: string; input: object } | { text: string }

const picture = { prompt: 'a lighthouse at dusk', quality: 'low' }

/** What it does next, knowing what the last tool said. */
function next(turn: number, last: Record<string, unknown>): Turn {
  if (turn === 0) return { tool: 'list_models', input: { kind: 'image' } }
  const first = { operation: 'gpt-image-1.5/generate', input: picture }
  if (turn === 1) return { tool: 'get_price', input: first }
  if (turn === 2) return { tool: 'generate', input: { ...first, max_price: '0.05', file_name: 'agent-dusk' } }
  if (turn === 3) {
    const input = { prompt: 'the same at night, the lamp lit', images: [last.file] }
    return { tool: 'generate', input: { operation: 'nano-banana/edit', input, file_name: 'agent-night' } }
  }
  return { text: `Here they are, the second one at ${String(last.file)}.` }
}

export const scriptedModel = new MockLanguageModelV4({
  doGenerate: async ({ prompt }: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> => {
    const results = prompt.filter(({ role }) => role === 'tool')
    const turn = next(results.length, lastSaid(results.at(-1)))
    const usage = {
      inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: 0, text: 0, reasoning: 0 },
    }
    if ('text' in turn)
      return {
        content: [{ type: 'text', text: turn.text }],
        finishReason: { unified: 'stop', raw: 'stop' },
        usage,
        warnings: [],
      }
    const call = {
      type: 'tool-call' as const,
      toolCallId: `call-${results.length}`,
      toolName: turn.tool,
      input: JSON.stringify(turn.input),
    }
    return { content: [call], finishReason: { unified: 'tool-calls', raw: 'tool_use' }, usage, warnings: [] }
  },
})

/** The object that the last tool answered with, wherever the AI SDK puts its text. */
function lastSaid(message: unknown): Record<string, unknown> {
  const text = /"text":("(?:[^"\\]|\\.)*")/.exec(JSON.stringify(message ?? {}))?.[1]
  return text === undefined ? {} : (JSON.parse(JSON.parse(text) as string) as Record<string, unknown>)
}
