// Alternating rounds: each subject once a round, each round in another order, so that no one always runs first.

export async function inRounds<name extends string, result>(
  names: readonly name[],
  rounds: number,
  measure: (name: name) => Promise<result>,
): Promise<Record<name, result[]>> {
  const measured = Object.fromEntries(names.map((name) => [name, [] as result[]])) as Record<name, result[]>
  for (let round = 0; round < rounds; round += 1) {
    const shift = round % names.length
    const order = [...names.slice(shift), ...names.slice(0, shift)]
    for (const name of round % 2 === 0 ? order : order.toReversed()) measured[name].push(await measure(name))
  }
  return measured
}
