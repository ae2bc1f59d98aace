import type { Logger, WorkflowContext } from '@holdfast/workflow-sdk'
import type { Execution } from '../execution/Execution.ts'
import type { Scope } from '../scopes/Scope.ts'
import { noteCalls } from './noteCalls.ts'
import { scopeCalls } from './scopeCalls.ts'
import { stateCalls } from './stateCalls.ts'
import { stepCalls } from './stepCalls.ts'
import { waitCalls } from './waitCalls.ts'
import { filesCalls, gitCalls } from './workspaceCalls.ts'

/** The context of one scope: what the author's code is handed. */
export function createContext(
  x: Execution,
  own: Scope,
  continueAs: WorkflowContext['continueAs'],
): WorkflowContext {
  const contextOf = (scope: Scope): WorkflowContext => createContext(x, scope, continueAs)
  return {
    input: x.facts.input,
    runId: x.runId,
    project: x.facts.project,
    workspacePath: x.facts.workspacePath,
    get signal() {
      return own.signal
    },
    log: logger(x, own),
    git: gitCalls(x, own),
    files: filesCalls(x, own),
    ...stepCalls(x, own, contextOf),
    ...noteCalls(x, own),
    ...stateCalls(x, own),
    ...waitCalls(x, own),
    ...scopeCalls(x, own, contextOf),
    continueAs,
  }
}

/** Templates are not type-checked: an error that is handed over as the message is told with its stack. */
function textOf(message: unknown): string {
  return message instanceof Error ? (message.stack ?? message.message) : String(message)
}

function logger(x: Execution, own: Scope): Logger {
  const write = (level: keyof Logger) => (message: string, data?: Readonly<Record<string, unknown>>) => {
    // What a replay passes again was written when it happened.
    if (x.replaying && own.step === null) return
    const { step } = own
    const line = {
      runId: x.runId,
      stepNumber: step?.stepNumber ?? null,
      stepName: step?.name ?? null,
      level,
      message: textOf(message),
      data: data ?? null,
    }
    if (step === null) x.deps.files.log({ ...line, stepId: null })
    else
      step.id().then(
        (stepId) => x.deps.files.log({ ...line, stepId }),
        () => {},
      )
  }
  return {
    trace: write('trace'),
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    fatal: write('fatal'),
  }
}
