// `completion`: scripts for shells. They ask the command itself (`stablestudio complete -- …`) what may come next.
import tab from '@bomb.sh/tab/commander'
import type { Command } from 'commander'
import { operations } from '../../index.ts'

type Complete = (value: string, description: string) => void

/** Adds `completion SHELL`, and the hidden command that its scripts call. */
export function addCompletion(program: Command): void {
  const root = tab(program, { completionCommandName: 'completion' })
  const ids = (complete: Complete) => {
    for (const { id, description } of operations()) complete(id, description)
  }
  for (const name of ['run', 'price run', 'models']) root.commands.get(name)?.argument('operation', ids)
}
