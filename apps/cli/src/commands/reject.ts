import type { Command } from 'commander'
import type { Shell } from '../shell.ts'
import { decisionCommand } from './decide.ts'

/** `holdfast reject`: says no to what a run asks. */
export function reject(shell: Shell): Command {
  return decisionCommand(shell, { name: 'reject', approved: false, word: 'no', done: 'Rejected' })
}
