// A list that grows: requests, events, attempts.
import { element } from './element.ts'

export type Log<entry> = { place: HTMLElement; draw(entries: readonly entry[]): void }

/** A line of a list: its words, and what kind of line it is. */
export type Line = { words: (string | Word)[]; mood?: 'money' | 'bad' | 'quiet' | 'mark' }
/** A word with a look of its own. */
export type Word = { text: string; look: 'tag' | 'name' | 'quiet' }

export function createLog<entry>(
  { title, id, empty }: { title: string; id: string; empty: string },
  lineOf: (entry: entry) => Line,
): Log<entry> {
  const list = element('ol', { className: 'pg-list' })
  const count = element('span', { className: 'pg-count' })
  const note = element('p', { className: 'pg-empty' }, empty)
  const heading = element('h2', { id: `pg-${id}` }, title, ' ', count)
  // Keyboards scroll only what can have the focus.
  const attributes = { role: 'region', 'aria-labelledby': heading.id, tabindex: '0' }
  const scrolled = element('div', { className: 'pg-scroll', attributes }, note, list)
  const drawn: string[] = []
  return {
    place: element('section', { className: `pg-panel pg-${id}` }, heading, scrolled),
    draw(entries) {
      const lines = entries.map(lineOf)
      const atEnd = scrolled.scrollHeight - scrolled.scrollTop - scrolled.clientHeight < 24
      const changed = lines.map((line, at) => drawLine(list, drawn, line, at)).some(Boolean)
      while (drawn.length > lines.length) {
        list.lastChild?.remove()
        drawn.pop()
      }
      const counted = lines.filter(({ mood }) => mood !== 'mark').length
      count.textContent = counted > 0 ? String(counted) : ''
      note.hidden = lines.length > 0
      if (changed && atEnd) scrolled.scrollTop = scrolled.scrollHeight
    },
  }
}

/** Draws a line that is new or has changed. */
function drawLine(list: HTMLElement, drawn: string[], line: Line, at: number): boolean {
  const text = JSON.stringify(line)
  if (drawn[at] === text) return false
  const words = line.words.map((word) =>
    typeof word === 'string' ? word : element('span', { className: `pg-${word.look}` }, word.text),
  )
  const item = element('li', { className: line.mood ? `pg-is-${line.mood}` : '' })
  for (const word of words) item.append(word, ' ')
  const before = list.children[at]
  if (before) before.replaceWith(item)
  else list.append(item)
  drawn[at] = text
  return true
}
