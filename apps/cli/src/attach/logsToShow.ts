import type { LogLine } from '@holdfast/workflow-sdk/ports'
import type { ProgressView } from './ProgressView.ts'

/** What a person should know without asking: what a worktree leaves out, that a disk is full. */
const ALWAYS: readonly LogLine['level'][] = ['warn', 'error', 'fatal']

/** Shows log lines of runs that are executed here: warnings and worse, with `--verbose` all. */
export function logsToShow(view: ProgressView, verbose: boolean): (line: LogLine) => void {
  return (line) => {
    if (verbose || ALWAYS.includes(line.level)) view.log(line)
  }
}
