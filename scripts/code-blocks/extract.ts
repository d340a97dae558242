// The code blocks of a document, each as a module whose lines have the numbers that they have in the document.
import { readFileSync } from 'node:fs'

export type Block = {
  /** The document, from the root of the repository. */
  file: string
  /** The line of its first line of code, from 1. */
  line: number
  language: 'ts' | 'tsx' | 'js'
  code: string
}

const fence = /^( *)```(ts|tsx|js)\n(.*?)^\1```$/gms

export function blocksOf(root: URL, file: string): Block[] {
  const text = readFileSync(new URL(file, root), 'utf8')
  return [...text.matchAll(fence)].map(({ index, 1: indent = '', 2: language, 3: code = '' }) => ({
    file,
    line: text.slice(0, index).split('\n').length + 1,
    language: language as Block['language'],
    code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }))
}

/** In the folder of its document, so that a block of an example finds what is installed there. */
export const pathOf = ({ file, line, language }: Block) => `${file}.${line}.${language}`

/** The code at the lines of the document: what a compiler says of a line is true of the document. */
export const textOf = ({ line, code }: Block) => '\n'.repeat(line - 1) + code
