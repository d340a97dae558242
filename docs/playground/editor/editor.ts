// The editor: CodeMirror with TypeScript, completions of the catalogue, and marks where a program cannot be read.
import { autocompletion } from '@codemirror/autocomplete'
import { javascript } from '@codemirror/lang-javascript'
import { HighlightStyle, syntaxHighlighting, syntaxTree } from '@codemirror/language'
import { type Diagnostic, linter } from '@codemirror/lint'
import { type EditorState, Prec } from '@codemirror/state'
import { EditorView, keymap } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { basicSetup } from 'codemirror'
import { complete } from './complete.ts'

export type Editor = {
  code(): string
  replace(code: string): void
  /** Puts the cursor on a line, from 1. */
  goTo(line: number): void
  /** The first line that is not TypeScript, from 1. */
  brokenLine(): number | undefined
}

/** @param run is called with Ctrl-Enter, or Cmd-Enter. */
export function createEditor(parent: HTMLElement, label: string, run: () => void): Editor {
  const runs = () => {
    run()
    return true
  }
  const view = new EditorView({
    parent,
    extensions: [
      Prec.highest(keymap.of([{ key: 'Mod-Enter', run: runs }])),
      basicSetup,
      javascript({ typescript: true }),
      autocompletion({ override: [complete], icons: false }),
      linter(({ state }) => problemsIn(state)),
      syntaxHighlighting(colours),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': label, autocapitalize: 'off' }),
    ],
  })
  return {
    code: () => view.state.doc.toString(),
    replace: (code) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: code } }),
    goTo(line) {
      const { from } = view.state.doc.line(Math.min(Math.max(1, line), view.state.doc.lines))
      view.dispatch({ selection: { anchor: from }, scrollIntoView: true })
      view.focus()
    },
    brokenLine() {
      const [first] = problemsIn(view.state)
      return first && view.state.doc.lineAt(first.from).number
    },
  }
}

/** What the parser stumbled over; only the first of it, as the rest mostly follows from that. */
function problemsIn(state: EditorState): Diagnostic[] {
  const found: Diagnostic[] = []
  syntaxTree(state).iterate({
    enter({ type, from, to }) {
      if (found.length > 0) return false
      if (type.isError) found.push({ from, to, severity: 'error', message: 'This is not TypeScript.' })
      return undefined
    },
  })
  return found
}

/** Colours of the page's own style sheet, so that they follow its light and dark. */
const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: 'var(--pg-keyword)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--pg-string)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--pg-number)' },
  { tag: [tags.comment], color: 'var(--pg-comment)', fontStyle: 'italic' },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: 'var(--pg-call)' },
  { tag: [tags.className, tags.typeName], color: 'var(--pg-type)' },
])
