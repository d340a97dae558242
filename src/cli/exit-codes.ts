// The exit codes of the table in docs/command.md.

export const exits = {
  done: 0,
  failed: 1,
  usage: 2,
  notPaid: 3,
  tryAgain: 4,
  notFinished: 5,
  unknown: 6,
  jobFailed: 7,
  notSaved: 8,
  interrupted: 130,
} as const
