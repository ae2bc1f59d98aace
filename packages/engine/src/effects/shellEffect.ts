import { type ShellOptions, WorkflowError } from '@holdfast/workflow-sdk'
import type { Execution } from '../execution/Execution.ts'
import type { StepSpec } from '../steps/StepSpec.ts'
import { workspaceOf } from './workspaceOf.ts'

/** How much of what a failed command printed goes into its error, in characters. */
const SHOWN = 2000

/** The effect of `ctx.shell`. @throws WorkflowError `COMMAND_FAILED` with the end of what it printed. */
export function shellEffect(
  x: Execution,
  command: string | readonly [string, ...string[]],
  options: ShellOptions,
): StepSpec['effect'] {
  return async (attempt, step) => {
    const workspace = workspaceOf(x)
    const stepId = await attempt.id()
    const result = await workspace.shell({
      command,
      workspacePath: x.facts.workspacePath,
      marker: { runId: x.runId, stepId },
      signal: attempt.signal,
      onProcess: attempt.onProcess,
      onOutput: (_stream, text) =>
        x.deps.onActivity({ runId: x.runId, stepKey: step.key, kind: 'output', text }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
      ...(options.maxOutputBytes === undefined ? {} : { maxOutputBytes: options.maxOutputBytes }),
    })
    for (const [stream, text] of [
      ['stdout', result.stdout],
      ['stderr', result.stderr],
    ] as const) {
      if (text !== '')
        x.deps.files.log({
          runId: x.runId,
          stepId,
          stepNumber: attempt.stepNumber,
          stepName: step.spec.name,
          level: 'info',
          message: text,
          data: { stream },
        })
    }
    if (result.exitCode !== 0 && options.allowFailure !== true) {
      const shown = commandText(command)
      const tail = (result.stderr.trim() || result.stdout.trim()).slice(-SHOWN)
      throw new WorkflowError(
        'COMMAND_FAILED',
        `"${shown}" ended with exit code ${result.exitCode}${tail === '' ? '.' : `:\n${tail}`}`,
        {
          details: {
            command: shown,
            exitCode: result.exitCode,
            stdout: result.stdout.slice(-SHOWN),
            stderr: result.stderr.slice(-SHOWN),
          },
        },
      )
    }
    return { value: result }
  }
}

/** The command as a person would type it, cut to a line. */
export function commandText(command: string | readonly string[]): string {
  const text = (typeof command === 'string' ? command : command.join(' ')).replace(/\s+/g, ' ').trim()
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
