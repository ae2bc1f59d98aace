import type { Command } from 'commander'
import type { Shell } from '../shell.ts'
import { decisionCommand } from './decide.ts'

/** `holdfast approve`: says yes to what a run asks. */
export function approve(shell: Shell): Command {
  return decisionCommand(shell, { name: 'approve', approved: true, word: 'yes', done: 'Approved' })
}
