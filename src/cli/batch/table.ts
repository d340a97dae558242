// The state of a batch: a table that is redrawn on a terminal, and a line for each result elsewhere.
import type { Progress } from '../../index.ts'
import { formatUsd, parseUsd } from '../../internal/usd.ts'
import { wordsOf } from '../terminal/progress.ts'
import { clean, table as inColumns, seconds } from '../terminal/text.ts'
import type { Ui } from '../terminal/ui.ts'
import type { Line } from './lines.ts'
import type { Entry } from './manifest.ts'

export type BatchTable = {
  update(line: Line, progress: Progress): void
  paid(usd: string): void
  finished(line: Line, entry: Entry): void
  end(): void
}

const mostRows = 10

export function createTable(ui: Ui, count: number, before: number): BatchTable {
  const running = new Map<string, { line: Line; progress: Progress }>()
  let [done, missing, paid] = [before, 0, 0n]
  const rows = () => {
    const shown = [...running.values()]
      .slice(0, mostRows)
      .map(({ line, progress }) => [
        `line ${line.line}`,
        clean(line.name ?? line.operation, 40),
        wordsOf(progress),
        seconds(progress.elapsedMs),
      ])
    const more = running.size > mostRows ? [`and ${running.size - mostRows} more`] : []
    return [...inColumns(shown), ...more, summary()]
  }
  const summary = () =>
    `${done} of ${count} done, ${running.size} running, ${missing} missing, $${formatUsd(paid)} paid`
  const timer = ui.canDraw ? setInterval(() => ui.draw(...rows()), 200) : undefined
  return {
    update: (line, progress) => void running.set(line.key, { line, progress }),
    paid: (usd) => {
      paid += parseUsd(usd) ?? 0n
    },
    finished(line, entry) {
      running.delete(line.key)
      if (entry.status === 'done') done += 1
      else missing += 1
      if (!ui.canDraw) ui.note(`line ${line.line}: ${entry.status}${entry.file ? ` ${entry.file}` : ''}`)
    },
    end() {
      clearInterval(timer)
      ui.draw()
      ui.note(summary())
    },
  }
}
