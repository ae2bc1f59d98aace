import { createHash } from 'node:crypto'
import {
  placeless,
  type Places,
  type RecordedAgentStep,
  type RecordedFile,
  type RecordedPromptStep,
  type RunRecording,
} from '@holdfast/agents/playback'
import type { IWorkflowStore, WorkflowRunRow, WorkflowStepRow } from '@holdfast/store/contract'
import { WorkflowError, type AgentResult, type JournalEvent, type PlainPrompt } from '@holdfast/workflow-sdk'
import type { Json, ModelCall } from '@holdfast/workflow-sdk/journal'
import type { ContentChange, FileContent, PromptPort, WorkspacePort } from '@holdfast/workflow-sdk/ports'
import { resolve } from 'node:path'
import { redacted } from './redact.ts'

/** What a recording is made from. */
export interface RecordParts {
  readonly store: IWorkflowStore
  readonly workspace: Pick<WorkspacePort, 'contentChanges'>
  readonly prompts: Pick<PromptPort, 'load' | 'render'>
  readonly projectPath: string
  readonly redact: (text: string) => string
}

/** A recording, and what a person should know about it. */
export interface MadeRecording {
  readonly recording: RunRecording
  readonly notes: readonly string[]
}

/**
 * What the agents and models of a run did, without secrets: each step as it ended at last.
 * @throws WorkflowError `RUN_NOT_FOUND`, `CHECKPOINT_MISSING` where the files of a step are not kept any more.
 */
export async function recordRun(parts: RecordParts, runId: string): Promise<MadeRecording> {
  const root = await parts.store.getWorkflowRun(runId)
  const agents: RecordedAgentStep[] = []
  const prompts: RecordedPromptStep[] = []
  const notes: string[] = []
  const keys = new Set<string>()
  for (const run of await withChildren(parts.store, root)) {
    const recorder = await recordOne(parts, run, run === root ? '' : `${run.parent_key}//`)
    notes.push(...recorder.notes)
    const isNew = ({ key }: { readonly key: string }): boolean => {
      if (!keys.has(key)) return keys.add(key) !== undefined
      notes.push(`A second step "${key}" is left out: child runs below different runs have the same keys.`)
      return false
    }
    agents.push(...recorder.agents.filter(isNew))
    prompts.push(...recorder.prompts.filter(isNew))
  }
  const recording = { holdfastRunRecording: 1, workflow: root.workflow_name, runId, agents, prompts } as const
  return { recording: redacted(recording, parts.redact), notes }
}

async function recordOne(parts: RecordParts, run: WorkflowRunRow, prefix: string): Promise<Recorder> {
  const { store, projectPath } = parts
  const steps = await store.listWorkflowSteps(run.id)
  const journal = await store.listWorkflowEvents({ runId: run.id })
  const workspacePath = run.workspace_path === null ? projectPath : resolve(projectPath, run.workspace_path)
  const recorder = new Recorder(parts, run, journal, { runId: run.id, workspacePath }, prefix)
  for (const step of steps) await recorder.add(step)
  return recorder
}

const PAGE = 200

/** A run and those that it started, and they; parents first. */
async function withChildren(store: IWorkflowStore, root: WorkflowRunRow): Promise<readonly WorkflowRunRow[]> {
  const runs = [root]
  for (const run of runs) {
    for (let page = 1; ; page++) {
      const { items } = await store.listWorkflowRuns({ parentRunId: run.id, limit: PAGE, page })
      runs.push(...items)
      if (items.length < PAGE) break
    }
  }
  return runs
}

class Recorder {
  readonly agents: RecordedAgentStep[] = []
  readonly prompts: RecordedPromptStep[] = []
  readonly notes: string[] = []
  readonly #parts: RecordParts
  readonly #run: WorkflowRunRow
  readonly #journal: readonly JournalEvent[]
  readonly #places: Places
  /** Of the keys, in a child run. */
  readonly #prefix: string

  constructor(
    parts: RecordParts,
    run: WorkflowRunRow,
    journal: readonly JournalEvent[],
    places: Places,
    prefix: string,
  ) {
    this.#parts = parts
    this.#run = run
    this.#journal = journal
    this.#places = places
    this.#prefix = prefix
  }

  async add(step: WorkflowStepRow): Promise<void> {
    if (step.kind !== 'agent' && step.kind !== 'prompt') return
    if (step.status !== 'completed' && step.status !== 'failed') {
      this.notes.push(`Step "${step.step_key}" is left out: it is ${step.status}.`)
      return
    }
    if (step.status === 'completed' && !hasText(step.output)) {
      this.notes.push(`Step "${step.step_key}" is left out: a person set its result.`)
      return
    }
    if (step.kind === 'agent') this.agents.push(await this.#agent(step))
    else this.prompts.push(await this.#prompt(step))
  }

  async #agent(step: WorkflowStepRow): Promise<RecordedAgentStep> {
    const { step_key: key, name } = step
    const input = fieldsOf(step.input)
    const started = this.#journal.flatMap((event) =>
      event.type === 'agent.started' && event.payload.stepKey === key ? [event.payload] : [],
    )
    const { text, output, sessionId, stopReason } = (step.output ?? {}) as unknown as AgentResult<
      Json | undefined
    >
    return {
      key: this.#prefix + key,
      name,
      agent: started.at(-1)?.agent ?? (typeof input['agent'] === 'string' ? input['agent'] : ''),
      prompt: typeof input['prompt'] === 'string' ? placeless(input['prompt'], this.#places) : null,
      activity: await this.#activity(step),
      usage: this.#usage(key),
      files: step.status === 'completed' ? await this.#files(step) : [],
      end:
        step.status === 'completed'
          ? { text, ...(output === undefined ? {} : { output }), sessionId, stopReason }
          : failureOf(step),
    }
  }

  async #prompt(step: WorkflowStepRow): Promise<RecordedPromptStep> {
    const { step_key: key, name } = step
    const call = this.#journal
      .flatMap((event) =>
        event.type === 'step.updated' && event.payload.key === key ? [event.payload.modelCall] : [],
      )
      .findLast((one) => one !== undefined)
    const { system, prompt } = await this.#words(step, call ?? null)
    const { text, stopReason } = (step.output ?? {}) as {
      readonly text?: string
      readonly stopReason?: string
    }
    return {
      key: this.#prefix + key,
      name,
      model: call === undefined ? 'recorded/model' : `${call.provider}/${call.model}`,
      system,
      prompt,
      usage: this.#usage(key),
      end:
        step.status === 'completed'
          ? { text: text ?? '', stopReason: stopReason ?? 'stop' }
          : failureOf(step),
    }
  }

  /** What the model was told, as the version and the variables of the step give it. */
  async #words(
    step: WorkflowStepRow,
    call: ModelCall | null,
  ): Promise<{ readonly system: string | null; readonly prompt: string | null }> {
    const { prompt: source, variables, message } = fieldsOf(step.input)
    const bare = (text: unknown): string | null =>
      typeof text === 'string' ? placeless(text, this.#places) : null
    if (typeof source === 'object' && source !== null) {
      const { text, system } = source as unknown as PlainPrompt
      return { system: bare(system), prompt: bare(text) }
    }
    if (call === null || call.prompt === null || source === undefined) return { system: null, prompt: null }
    const version = await this.#parts.prompts.load(call.prompt.id)
    const text = bare(await this.#parts.prompts.render(version, fieldsOf(variables ?? null)))
    return typeof message === 'string'
      ? { system: text, prompt: bare(message) }
      : { system: null, prompt: text }
  }

  async #activity(step: WorkflowStepRow): Promise<RecordedAgentStep['activity']> {
    const lines = await this.#parts.store.listWorkflowLogs({ runId: this.#run.id, stepId: step.id })
    return lines.flatMap(({ message, data }) => {
      const kind = fieldsOf(data)['agent']
      return kind === 'text' || kind === 'tool' || kind === 'notice'
        ? [{ kind, text: placeless(message, this.#places) }]
        : []
    })
  }

  #usage(key: string): RecordedAgentStep['usage'] {
    return this.#journal.flatMap((event) => {
      if (event.type !== 'usage.recorded' || event.payload.stepKey !== key) return []
      const { stepKey: _, priceSource: _p, latencyMs: _l, callId: _c, ...usage } = event.payload
      return [usage]
    })
  }

  /** Null where another step wrote at the same time. */
  async #files(step: WorkflowStepRow): Promise<RecordedAgentStep['files']> {
    const before = this.#journal.find(
      (event) =>
        event.type === 'checkpoint.taken' &&
        event.payload.stepKey === step.step_key &&
        event.payload.when === 'before',
    )
    const ended = this.#journal.findLast(
      (event) => event.type === 'step.completed' && event.payload.key === step.step_key,
    )
    const from = before?.type === 'checkpoint.taken' ? before.payload.treeId : null
    const to = ended?.type === 'step.completed' ? (ended.payload.treeId ?? null) : null
    const started = this.#journal.find(
      (event) => event.type === 'step.started' && event.payload.key === step.step_key,
    )
    if (started?.type === 'step.started' && started.payload.writes === 'none') return []
    if (from === null || to === null) {
      this.notes.push(
        `What step "${step.step_key}" changed is not known, as another step wrote at the same time; it cannot be played.`,
      )
      return null
    }
    const changes = from === to ? [] : await this.#changes(step, from, to)
    return changes.flatMap((change) => this.#file(step, change))
  }

  async #changes(step: WorkflowStepRow, from: string, to: string): Promise<readonly ContentChange[]> {
    const { workspace, projectPath } = this.#parts
    // Worktrees share the project's repository; a clone has its own.
    for (const path of new Set([this.#places.workspacePath, projectPath])) {
      const found = await workspace.contentChanges(path, from, to).catch(() => null)
      if (found !== null) return found
    }
    throw new WorkflowError(
      'CHECKPOINT_MISSING',
      `The files before and after step "${step.step_key}" of run ${this.#run.id} are not kept any more, so it cannot be recorded. Record a run soon after it has ended.`,
      { details: { runId: this.#run.id, step: step.step_key, from, to } },
    )
  }

  #file(step: WorkflowStepRow, { path, before, after }: ContentChange): RecordedFile[] {
    if (before?.kind === 'link' || after?.kind === 'link') {
      this.notes.push(`The link ${path} that step "${step.step_key}" changed is left out.`)
      return []
    }
    const { redact } = this.#parts
    return [
      {
        path,
        before: before === null ? null : sha256(contentOf(before, redact)),
        after: after === null ? null : contentOf(after, redact),
      },
    ]
  }
}

function hasText(output: Json): boolean {
  return typeof fieldsOf(output)['text'] === 'string'
}

function fieldsOf(value: unknown): Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, Json>>)
    : {}
}

function failureOf({ error, name }: WorkflowStepRow): {
  readonly failure: { code: string; message: string }
} {
  return {
    failure: { code: error?.code ?? 'AGENT_FAILED', message: error?.message ?? `Step "${name}" failed.` },
  }
}

/** Redacted here already: what stands in a file before is compared by its hash. */
function contentOf(
  { kind, bytes }: FileContent,
  redact: (text: string) => string,
): NonNullable<RecordedFile['after']> {
  const executable = kind === 'executable' ? { executable: true as const } : {}
  const text = textOf(bytes)
  return text === null
    ? { base64: Buffer.from(bytes).toString('base64'), ...executable }
    : { text: redact(text), ...executable }
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

function sha256(content: NonNullable<RecordedFile['after']>): string {
  const bytes = 'text' in content ? Buffer.from(content.text) : Buffer.from(content.base64, 'base64')
  return createHash('sha256').update(bytes).digest('hex')
}
