import { parentPort, workerData } from 'node:worker_threads'
import { isWorkflow, WorkflowError, type AnyWorkflow } from '@holdfast/workflow-sdk'
import type { Json } from '@holdfast/workflow-sdk/journal'
import { importBundleFile } from '../bundles/importBundle.ts'
import type { WorkflowFacts } from './types.ts'

/** An import that could not be made, as it is written; `name` when only that export of it is missing. */
export interface MissingImport {
  readonly specifier: string
  readonly name: string | null
}

/** What the thread says about a bundle. */
export type ProbeAnswer =
  | { readonly ok: true; readonly facts: WorkflowFacts }
  | {
      readonly ok: false
      readonly code: 'WORKFLOW_INVALID' | 'WORKFLOW_DEPENDENCY_MISSING'
      readonly reason: string
      readonly stack: string
      readonly missing: MissingImport | null
    }

const NEVER_LOADS: ProbeAnswer = {
  ok: false,
  code: 'WORKFLOW_INVALID',
  reason: 'it never finishes loading: an await outside of the workflow waits for something that never comes',
  stack: '',
  missing: null,
}
let told = false

// Not awaited at the top: a bundle that waits for ever would make Node.js complain about this file.
void answer((workerData as { bundlePath: string }).bundlePath).then(tell)
// Nothing is left to do and the bundle has not loaded: it waits for something that never comes.
process.once('beforeExit', () => tell(NEVER_LOADS))

function tell(said: ProbeAnswer): void {
  if (told) return
  told = true
  parentPort?.postMessage(said)
}

async function answer(bundlePath: string): Promise<ProbeAnswer> {
  try {
    const found = (await importBundleFile(bundlePath)).default
    if (isWorkflow(found)) return { ok: true, facts: factsOf(found) }
    const reason =
      found === undefined
        ? 'it has no default export; write: export default createWorkflow({ name: … }, async (ctx) => { … })'
        : 'its default export is no workflow; make it with createWorkflow(…)'
    return { ok: false, code: 'WORKFLOW_INVALID', reason, stack: '', missing: null }
  } catch (error) {
    return refused(error)
  }
}

function refused(error: unknown): ProbeAnswer {
  const text = error instanceof Error ? error.message : String(error)
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const { specifier, name = null } = WorkflowError.is(error) ? error.details : {}
  const missing = WorkflowError.has(error, 'WORKFLOW_DEPENDENCY_MISSING')
  const reason = missing || specifier !== undefined ? text : `it throws when it is loaded: ${text}`
  return {
    ok: false,
    code: missing ? 'WORKFLOW_DEPENDENCY_MISSING' : 'WORKFLOW_INVALID',
    reason,
    stack,
    missing: typeof specifier === 'string' ? { specifier, name: name as string | null } : null,
  }
}

function factsOf(workflow: AnyWorkflow): WorkflowFacts {
  const { name, description, timeoutMs, deadlineMs, onFailure, onParentClose, retry, workspace } = workflow
  const config = {
    timeoutMs,
    deadlineMs,
    onFailure,
    onParentClose,
    retry,
    workspace,
    input: inputSchema(workflow),
  }
  return { name, description, config: JSON.parse(JSON.stringify(config)) as Json }
}

/** The input's JSON Schema by the Standard JSON Schema extension (standardschema.dev), or null. */
function inputSchema(workflow: AnyWorkflow): unknown {
  const standard = workflow.input?.['~standard'] as
    | { jsonSchema?: { input?: (options: { target: string }) => unknown } }
    | undefined
  try {
    return standard?.jsonSchema?.input?.({ target: 'draft-2020-12' }) ?? null
  } catch {
    return null
  }
}
