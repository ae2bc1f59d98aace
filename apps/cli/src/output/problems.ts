import type { PromptProblem, TemplateProblem } from '@holdfast/runtime'
import type { Io } from '../io.ts'
import { styled } from './style.ts'

/** Says on stderr which files need attention. */
export function printProblems(io: Io, problems: readonly (TemplateProblem | PromptProblem)[]): void {
  const style = styled(io.stderr)
  for (const { file, line, column, code, reason } of problems) {
    const place = [file, line ?? 1, ...(column === null ? [] : [column])].join(':')
    io.stderr.write(`${style('yellow', place)} does not load: ${reason} [${code}]\n`)
  }
}
