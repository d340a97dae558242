// A batch, killed as by a power failure again and again: in the end every line is paid once, and every file is there.
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { linesOf, readText, useCommand } from '../support/command.ts'

const machine = useCommand()
const count = 20

describe.concurrent('a batch that is killed', () => {
  it.each([1, 2, 3, 4])('at random moments ends with one payment and one file a line (%i)', async (seed) => {
    const one = await machine({ settleMs: 60, seed })
    const lines = Array.from({ length: count }, (_, at) => ({
      operation: 'grok/generate',
      input: { prompt: `picture ${at}` },
      ...(at % 2 === 0 && { name: `picture-${at}.png` }),
    }))
    await writeFile(join(one.work, 'batch.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'))
    let state = seed
    const random = () => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
      return state / 2_147_483_648
    }
    for (let start = 0; start < 12; start += 1) {
      const running = one.start(['batch', 'batch.jsonl', '--yes'])
      await Promise.race([
        running.ended,
        new Promise((resolve) => setTimeout(resolve, 250 + random() * 4_500)),
      ])
      running.kill('SIGKILL')
      await running.ended
    }
    let last = await one.run(['batch', 'batch.jsonl', '--yes'])
    // What was on its way when it was killed stays with that process for some seconds.
    if (last.code !== 0) last = await one.run(['batch', 'batch.jsonl', '--yes'])
    expect([last.code, last.stderr]).toEqual([0, expect.any(String)])
    expect(one.settlements()).toBe(count)
    const manifest = linesOf(await readText(join(one.work, 'out/manifest.jsonl'))).map((text) =>
      JSON.parse(text),
    )
    expect(manifest.map(({ line }) => line)).toEqual(lines.map((_, at) => at + 1))
    const files = (await readdir(join(one.work, 'out'))).filter((name) => !name.endsWith('.part'))
    expect(files.sort()).toEqual([...manifest.map(({ file }) => file), 'manifest.jsonl'].sort())
    expect(new Set(manifest.map(({ jobId }) => jobId)).size).toBe(count)
    expect(linesOf(last.stdout)).toEqual(manifest.map(({ file }) => join(one.work, 'out', file)))
  })
})
