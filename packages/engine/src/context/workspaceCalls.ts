import type {
  CallOptions,
  FilesContext,
  GitContext,
  PullRequestResult,
  PullRequestText,
} from '@holdfast/workflow-sdk'
import { journalEvent, type Json } from '@holdfast/workflow-sdk/journal'
import { workspaceOf } from '../effects/workspaceOf.ts'
import type { Execution } from '../execution/Execution.ts'
import type { Scope } from '../scopes/Scope.ts'
import { StepCall } from '../steps/StepCall.ts'
import type { StepSpec } from '../steps/StepSpec.ts'
import { durable } from './calls.ts'
import { stepSpec, type StepKindDefaults } from './stepOptions.ts'

interface Operation {
  readonly kind: 'git' | 'files'
  /** Method, e.g. `commit`. */
  readonly verb: string
  readonly input: Json
  readonly writes?: 'workspace'
  /** The effect leaves the machine. */
  readonly leaves?: boolean
}

/** `ctx.git`: each call is a step. */
export function gitCalls(x: Execution, own: Scope): GitContext {
  const path = x.facts.workspacePath
  const git = <T>(
    operation: Omit<Operation, 'kind'>,
    options: CallOptions | undefined,
    effect: StepSpec['effect'],
  ): Promise<T> => step<T>(x, own, { kind: 'git', ...operation }, options, effect)
  const port = (): ReturnType<typeof workspaceOf>['git'] => workspaceOf(x).git
  return {
    ensureBranch: (name, options) =>
      git(
        { verb: 'ensureBranch', input: [name, options?.from ?? null], writes: 'workspace' },
        options,
        async () => ({ value: await port().ensureBranch(path, name, options?.from) }),
      ),
    getCurrentBranch: (options) =>
      git({ verb: 'getCurrentBranch', input: null }, options, async () => ({
        value: await port().getCurrentBranch(path),
      })),
    getCurrentCommit: (options) =>
      git({ verb: 'getCurrentCommit', input: null }, options, async () => ({
        value: await port().getCurrentCommit(path),
      })),
    stageAll: (options) =>
      git({ verb: 'stageAll', input: null }, options, async () => ({ value: await port().stageAll(path) })),
    commit: (message, options) =>
      git({ verb: 'commit', input: message }, options, async () => {
        const value = await port().commit(path, message, { all: options?.all ?? true })
        const workspaceId = x.index.workspace?.workspaceId
        if (value.hash !== null && workspaceId !== undefined)
          x.journal.add(journalEvent('workspace.committed', { workspaceId, commit: value.hash }))
        return { value }
      }),
    push: (options) =>
      git(
        { verb: 'push', input: [options?.remote ?? 'origin', options?.branch ?? null], leaves: true },
        options,
        async () => ({
          value: await port().push(path, {
            remote: options?.remote ?? 'origin',
            ...(options?.branch === undefined ? {} : { branch: options.branch }),
          }),
        }),
      ),
    createPr: (options) =>
      git(
        { verb: 'createPr', input: [options.title, options.base ?? null], leaves: true },
        options,
        createPrEffect(x, options),
      ),
    status: (options) =>
      git({ verb: 'status', input: null }, options, async () => ({ value: await port().status(path) })),
    diff: (options) => {
      const range = {
        ...(options?.from === undefined ? {} : { from: options.from }),
        ...(options?.to === undefined ? {} : { to: options.to }),
      }
      return git({ verb: 'diff', input: range }, options, async () => ({
        value: await port().diff(path, range),
      }))
    },
  }
}

/** `ctx.files`: each call is a step. */
export function filesCalls(x: Execution, own: Scope): FilesContext {
  const root = x.facts.workspacePath
  const files = <T>(
    operation: Omit<Operation, 'kind'>,
    options: CallOptions | undefined,
    effect: StepSpec['effect'],
  ): Promise<T> => step<T>(x, own, { kind: 'files', ...operation }, options, effect)
  const port = (): ReturnType<typeof workspaceOf>['files'] => workspaceOf(x).files
  return {
    read: (path, options) =>
      files({ verb: 'read', input: path }, options, async () => ({ value: await port().read(root, path) })),
    write: (path, content, options) =>
      files({ verb: 'write', input: path, writes: 'workspace' }, options, async () => ({
        value: await port().write(root, path, content),
      })),
    exists: (path, options) =>
      files({ verb: 'exists', input: path }, options, async () => ({
        value: await port().exists(root, path),
      })),
    delete: (path, options) =>
      files({ verb: 'delete', input: path, writes: 'workspace' }, options, async () => ({
        value: await port().delete(root, path),
      })),
    list: (path = '.', options) =>
      files({ verb: 'list', input: path }, options, async () => ({
        value: [...(await port().list(root, path))],
      })),
    copy: (from, to, options) =>
      files({ verb: 'copy', input: [from, to], writes: 'workspace' }, options, async () => ({
        value: await port().copy(root, from, to),
      })),
  }
}

function step<T>(
  x: Execution,
  own: Scope,
  operation: Operation,
  options: CallOptions | undefined,
  effect: StepSpec['effect'],
): Promise<T> {
  const label = `${operation.kind}.${operation.verb}`
  return durable<T>(x, own, { kind: label, name: options?.name }, (scope, key) => {
    const defaults: StepKindDefaults = {
      kind: operation.kind,
      name: options?.name ?? label,
      writes: operation.writes ?? 'none',
      once: true,
      durableStart: operation.leaves ?? false,
      tree: operation.kind === 'files' && operation.writes === 'workspace' ? 'restore' : null,
      options: [],
      input: [operation.verb, operation.input],
    }
    return new StepCall<T>(x, scope, key, stepSpec(x, defaults, {}, effect))
  })
}

/** Opens the pull request; its text becomes an artifact where nobody can open one. */
function createPrEffect(x: Execution, text: PullRequestText): StepSpec['effect'] {
  return async (attempt, call) => {
    const made = await workspaceOf(x).git.createPr(x.facts.workspacePath, text)
    const { created, url, via } = made
    if (url !== null) x.journal.add(journalEvent('run.updated', { git: { prUrl: url } }))
    if (via !== 'artifact') return { value: { created, url, via } satisfies PullRequestResult }
    const stepId = await attempt.id()
    const stored = await x.deps.files.storeArtifact(x.facts.project, {
      runId: x.runId,
      stepId,
      name: 'pull-request.md',
      file: null,
      content: made.text,
    })
    const event = journalEvent('artifact.created', {
      key: `${call.key}@${attempt.number}/~artifact`,
      stepKey: call.key,
      agentSession: null,
      name: 'pull-request.md',
      type: 'document',
      metadata: {},
      ...stored,
    })
    const { first } = await x.journal.commit(event)
    return { value: { created, url, via, artifactId: `${x.runId}.${first}.0` } satisfies PullRequestResult }
  }
}
