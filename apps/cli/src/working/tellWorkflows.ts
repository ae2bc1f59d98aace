import type { Holdfast } from '@holdfast/runtime'
import type { Io } from '../io.ts'
import { counted } from '../output/format.ts'
import { printError } from '../output/formatError.ts'
import { printProblems } from '../output/problems.ts'

/** Makes new workflows known and says what was found. Trouble with it does not keep the worker from working. */
export async function tellWorkflows(io: Io, holdfast: Holdfast, signal: AbortSignal): Promise<void> {
  try {
    const { workflows, problems } = await holdfast.discover({ signal })
    io.stderr.write(`Discovered ${counted(workflows.length, 'workflow')}\n`)
    printProblems(io, problems)
  } catch (error) {
    if (!signal.aborted) printError(io, error, { verbose: false })
  }
}
