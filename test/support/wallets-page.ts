// What docs/wallets.md says in numbers, so that tests can count after it.
import { readFile } from 'node:fs/promises'

const read = () => readFile(new URL('../../docs/wallets.md', import.meta.url), 'utf8')

export type Range = [least: number, most: number]

/** How many prompts the page says that a signer shows. */
export async function promptsTold(signer: string): Promise<{ one: Range; twenty: Range }> {
  const row = (await read()).split('\n').find((line) => line.startsWith(`| [${signer}]`))
  const [, , one = '', twenty = ''] = row?.split(' | ') ?? []
  return { one: rangeOf(one), twenty: rangeOf(twenty) }
}

/** How many signatures the page says that a signer makes which asks nobody. */
export async function signaturesTold(): Promise<number[]> {
  const [, ...told] =
    /That is (\d+) signatures .*?, about (\d+) .*?, and about (\d+) /.exec(await read()) ?? []
  return told.map(Number)
}

function rangeOf(cell: string): Range {
  const [least = '', most = least] = cell.split(' to ')
  if (!/^\d+$/.test(least)) throw new Error(`Not a number: ${cell}`)
  return [Number(least), Number(most)]
}
