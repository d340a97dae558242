// Where the cursor is in a program, in terms of the client: in an operation's name, among the fields of an input, …
import { ensureSyntaxTree, syntaxTree } from '@codemirror/language'
import type { EditorState } from '@codemirror/state'
import type { SyntaxNode } from '@lezer/common'

export type Place =
  | { kind: 'operation'; from: number; to: number }
  | { kind: 'field'; operation: string; taken: string[]; from: number }
  | { kind: 'value'; operation: string; field: string; from: number; to: number }
  | { kind: 'option'; of: Options; taken: string[]; from: number }
  | { kind: 'member'; from: number }

/** Whose options an object holds. */
export type Options = 'client' | 'run' | 'submit' | 'quote' | 'wait'

/** How long a busy page may take to read the program, ms. */
const patience = 200

export function placeAt(state: EditorState, pos: number): Place | undefined {
  const tree = ensureSyntaxTree(state, state.doc.length, patience) ?? syntaxTree(state)
  const node = tree.resolveInner(pos, -1)
  if (node.name === 'String') return inString(state, node, pos)
  return memberAt(state, node, pos) ?? inObject(state, node, pos)
}

const textOf = (state: EditorState, { from, to }: { from: number; to: number }) => state.sliceDoc(from, to)

/** The text between the quotes, also where the second one is missing. */
function insideOf(state: EditorState, { from, to }: SyntaxNode): { from: number; to: number } {
  const closed = to - from > 1 && state.sliceDoc(from, from + 1) === state.sliceDoc(to - 1, to)
  return { from: from + 1, to: closed ? to - 1 : to }
}

function inString(state: EditorState, node: SyntaxNode, pos: number): Place | undefined {
  const inside = insideOf(state, node)
  if (pos < inside.from || pos > inside.to || !node.parent) return undefined
  if (node.parent.name === 'ArgList') {
    const call = callOf(state, node.parent)
    const takesOperation = call && ['run', 'submit', 'quote'].includes(call.name)
    return takesOperation && argumentsOf(node.parent)[0]?.from === node.from
      ? { kind: 'operation', ...inside }
      : undefined
  }
  const object = node.parent.name === 'Property' ? node.parent.parent : null
  const key = node.parent.getChild('PropertyDefinition')
  const operation = object && inputOf(state, object)
  if (!key || !operation) return undefined
  return { kind: 'value', operation, field: textOf(state, key), ...inside }
}

/** After the dot of a client: `studio.`. */
function memberAt(state: EditorState, node: SyntaxNode, pos: number): Place | undefined {
  const member = node.parent
  if (member?.name !== 'MemberExpression') return undefined
  const isName = node.name === 'PropertyName'
  if (!isName && node.name !== '.') return undefined
  const owner = member.firstChild
  const isClient = owner?.name === 'VariableName' && clientsIn(state).has(textOf(state, owner))
  return isClient ? { kind: 'member', from: isName ? node.from : pos } : undefined
}

/** The variables that hold a client. */
function clientsIn(state: EditorState): Set<string> {
  const made = state.doc
    .toString()
    .matchAll(/\b(?:const|let|var)\s+(\w+)[^=\n]*=\s*new\s+StableStudioClient\b/g)
  return new Set([...made].map(([, name = '']) => name))
}

/** Where the name of a property can stand. */
function inObject(state: EditorState, node: SyntaxNode, pos: number): Place | undefined {
  const named = node.name === 'PropertyDefinition' ? node : undefined
  const object = named ? named.parent?.parent : node.name === 'ObjectExpression' ? node : node.parent
  if (object?.name !== 'ObjectExpression' || pos <= object.from) return undefined
  const from = named?.from ?? pos
  // After a value the next thing is a comma, not a name.
  if (!/[{,]\s*$/.test(state.sliceDoc(object.from, from))) return undefined
  const taken = object
    .getChildren('Property')
    .map((property) => property.getChild('PropertyDefinition'))
    .filter((key) => key && key.from !== named?.from)
    .map((key) => (key ? textOf(state, key) : ''))
  const operation = inputOf(state, object)
  if (operation) return { kind: 'field', operation, taken, from }
  const of = optionsOf(state, object)
  return of && { kind: 'option', of, taken, from }
}

/** The operation whose input this object is. */
function inputOf(state: EditorState, object: SyntaxNode): string | undefined {
  const [list, at] = positionOf(object)
  const [first] = list ? argumentsOf(list) : []
  if (!list || at !== 1 || first?.name !== 'String' || !callOf(state, list)) return undefined
  return textOf(state, insideOf(state, first))
}

function optionsOf(state: EditorState, object: SyntaxNode): Options | undefined {
  const [list, at] = positionOf(object)
  const call = list && callOf(state, list)
  if (!call) return undefined
  if (call.name === 'StableStudioClient') return at === 0 ? 'client' : undefined
  const first = argumentsOf(list)[0]
  // A quote is submitted without an input.
  const expected = call.name === 'wait' || (call.name === 'submit' && first?.name !== 'String') ? 1 : 2
  return at === expected && isOptions(call.name) ? call.name : undefined
}

const isOptions = (name: string): name is Options => ['run', 'submit', 'quote', 'wait'].includes(name)

/** The list of arguments that a value is in, and which of them it is. */
function positionOf(value: SyntaxNode): [list: SyntaxNode | undefined, at: number] {
  const list = value.parent
  if (list?.name !== 'ArgList') return [undefined, -1]
  return [list, argumentsOf(list).findIndex(({ from }) => from === value.from)]
}

function argumentsOf(list: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = []
  for (let child = list.firstChild; child; child = child.nextSibling)
    if (!/^[(),]$/.test(child.name) && !child.type.isError) found.push(child)
  return found
}

/** What is called: a method, or a class that is made. */
function callOf(state: EditorState, list: SyntaxNode): { name: string } | undefined {
  const call = list.parent
  const callee =
    call?.getChild('MemberExpression')?.getChild('PropertyName') ?? call?.getChild('VariableName')
  return callee ? { name: textOf(state, callee) } : undefined
}
