// How far the jobs are: one line that is redrawn on a terminal, and a line for each change elsewhere.
import type { Progress } from '../../index.ts'
import { clean, seconds } from './text.ts'
import type { Ui } from './ui.ts'

export type ProgressLine = {
  update(at: number, progress: Progress): void
  finished(at: number): void
  end(): void
}

const width = 20

export function createProgress(ui: Ui, count: number): ProgressLine {
  const startedAt = Date.now()
  const states = new Map<number, Progress>()
  const finished = new Set<number>()
  const told = new Set<string>()
  const redraw = () => ui.draw(lineOf(ui, [...states.values()], { count, done: finished.size, startedAt }))
  const timer = ui.canDraw ? setInterval(redraw, 100) : undefined
  return {
    update(at, progress) {
      states.set(at, progress)
      if (ui.canDraw || !(progress.phase in words || progress.phase === 'poll')) return
      const { expectedMs } = progress
      const usual =
        progress.phase === 'poll' && expectedMs ? `, usually takes about ${seconds(expectedMs)}` : ''
      const line = `${count > 1 ? `${at + 1}: ` : ''}${wordsOf(progress)}${usual}`
      if (told.has(line)) return
      told.add(line)
      ui.note(line)
    },
    finished(at) {
      states.delete(at)
      finished.add(at)
    },
    end() {
      clearInterval(timer)
      ui.draw()
    },
  }
}

/** The steps before these take a moment. */
const words: { [phase: string]: string } = {
  pay: 'paying',
  upload: 'uploading',
  output: 'fetching',
}

/** What is going on, in a word or two. */
export function wordsOf({ phase, status }: Progress): string {
  return phase === 'poll' ? clean(status ?? 'working', 40) : (words[phase] ?? 'starting')
}

type Course = { count: number; done: number; startedAt: number }

function lineOf(ui: Ui, states: readonly Progress[], { count, done, startedAt }: Course): string {
  const [first] = states
  const passed = Date.now() - startedAt
  const label = count > 1 ? `${done} of ${count} done` : first ? wordsOf(first) : 'working'
  const expected = Math.max(0, ...states.map(({ expectedMs = 0 }) => expectedMs))
  const time = `${seconds(passed)}${expected > 0 ? ` of about ${seconds(expected)}` : ''}`
  if (ui.columns() < 60 || expected === 0) return `${label}  ${time}`
  // The estimate is no promise, so the bar is full only when the job is done.
  const share = Math.min(0.97, passed / expected)
  const full = Math.round(share * width)
  return `${ui.style('cyan', '█'.repeat(full))}${ui.style('dim', '░'.repeat(width - full))} ${label}  ${time}`
}
