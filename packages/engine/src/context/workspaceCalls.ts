import type { CallOptions, FilesContext, GitContext, PullRequestResult } from '@holdfast/workflow-sdk'
import { journalEvent, type Json } from '@holdfast/workflow-sdk/journal'
import { checkApproval } from '../approvals/checkApproval.ts'
import { workspaceOf } from '../effects/workspaceOf.ts'
import type { Execution } from '../execution/Execution.ts'
import type { GitPort, GitScope } from '@holdfast/workflow-sdk/ports'
import type { Scope } from '../scopes/Scope.ts'
import { StepCall } from '../steps/StepCall.ts'
import type { Attempt, StepSpec } from '../steps/StepSpec.ts'
import { checkOptions, requireObject, requireText } from './arguments.ts'
import { durable, type CallNaming } from './calls.ts'
import { stepSpec, type StepKindDefaults } from './stepOptions.ts'

interface Operation {
  readonly kind: 'git' | 'files'
  /** Method, e.g. `commit`. */
  readonly verb: string
  /** Read when the call is made; throws what is wrong with its arguments. */
  readonly input: () => Json
  /** Options beside `name`. */
  readonly options?: readonly string[]
  readonly writes?: 'workspace'
}

/** `ctx.git`: each call is a step. */
export function gitCalls(x: Execution, own: Scope): GitContext {
  const path = x.facts.workspacePath
  type Work = (port: GitPort, scope: GitScope, attempt: Attempt) => Promise<unknown>
  const git = <T>(
    operation: Omit<Operation, 'kind'>,
    options: CallOptions | undefined,
    work: Work,
  ): Promise<T> =>
    step<T>(x, own, { kind: 'git', ...operation }, options, async (attempt) => {
      const marker = { runId: x.runId, stepId: await attempt.id() }
      const scope = { marker, signal: attempt.signal, onProcess: attempt.onProcess }
      return { value: await work(workspaceOf(x).git, scope, attempt) }
    })
  return {
    ensureBranch: (name, options) =>
      git(
        {
          verb: 'ensureBranch',
          input: () => [text('git.ensureBranch', 'name', name), options?.from ?? null],
          options: ['from'],
          writes: 'workspace',
        },
        options,
        (port, scope) => port.ensureBranch(path, name, options?.from, scope),
      ),
    getCurrentBranch: (options) =>
      git({ verb: 'getCurrentBranch', input: () => null }, options, (port, scope) =>
        port.getCurrentBranch(path, scope),
      ),
    getCurrentCommit: (options) =>
      git({ verb: 'getCurrentCommit', input: () => null }, options, (port, scope) =>
        port.getCurrentCommit(path, scope),
      ),
    stageAll: (options) =>
      git({ verb: 'stageAll', input: () => null }, options, (port, scope) => port.stageAll(path, scope)),
    commit: (message, options) =>
      git(
        {
          verb: 'commit',
          input: () => text('git.commit', 'message', message),
          options: ['all'],
          // Hooks change files, and a fork begins on the commit that was there.
          writes: 'workspace',
        },
        options,
        async (port, scope) =>
          noteCommit(x, await port.commit(path, message, { all: options?.all ?? true }, scope)),
      ),
    merge: (from, options) =>
      git(
        {
          verb: 'merge',
          input: () => text('git.merge', 'from', from),
          options: ['message'],
          writes: 'workspace',
        },
        options,
        async (port, scope) =>
          noteCommit(x, await port.merge(path, from, options?.message ?? `Merge ${from}`, scope)),
      ),
    push: (options) => {
      const { remote = 'origin', branch, requires } = options ?? {}
      const target = { remote, ...(branch === undefined ? {} : { branch }) }
      return git(
        { verb: 'push', input: () => [remote, branch ?? null], options: ['remote', 'branch', 'requires'] },
        options,
        async (port, scope) => {
          await checkApproval(x, requires, 'ctx.git.push')
          return await port.push(path, target, scope)
        },
      )
    },
    createPr: (options) =>
      git(
        {
          verb: 'createPr',
          input: () => {
            requireObject('ctx.git.createPr', 'options', options)
            text('git.createPr', 'body', options.body)
            return [text('git.createPr', 'title', options.title), options.base ?? null]
          },
          options: ['title', 'body', 'base', 'draft', 'requires'],
        },
        options,
        async (port, scope, attempt) => {
          await checkApproval(x, options.requires, 'ctx.git.createPr')
          const made = await port.createPr(path, options, scope)
          if (made.url !== null) x.journal.add(journalEvent('run.updated', { git: { prUrl: made.url } }))
          return await orArtifact(x, 'pull-request.md', made, scope, attempt)
        },
      ),
    commentPr: (options) =>
      git(
        {
          verb: 'commentPr',
          input: () => {
            requireObject('ctx.git.commentPr', 'options', options)
            return [text('git.commentPr', 'body', options.body), options.pr ?? null]
          },
          options: ['body', 'pr', 'requires'],
        },
        options,
        async (port, scope, attempt) => {
          await checkApproval(x, options.requires, 'ctx.git.commentPr')
          const made = await port.commentPr(path, options, scope)
          return await orArtifact(x, 'comment.md', made, scope, attempt)
        },
      ),
    status: (options) =>
      git({ verb: 'status', input: () => null }, options, (port, scope) => port.status(path, scope)),
    diff: (options) => {
      const { from, to } = options ?? {}
      const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
      return git({ verb: 'diff', input: () => range, options: ['from', 'to'] }, options, (port, scope) =>
        port.diff(path, range, scope),
      )
    },
  }
}

/** The workspace's row names the last commit that a step made. */
function noteCommit<T extends { readonly hash: string | null }>(x: Execution, made: T): T {
  const workspaceId = x.index.workspace?.workspaceId
  if (made.hash !== null && workspaceId !== undefined) {
    x.journal.add(journalEvent('workspace.committed', { workspaceId, commit: made.hash }))
  }
  return made
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
      files({ verb: 'read', input: () => text('files.read', 'path', path) }, options, async () => ({
        value: await port().read(root, path),
      })),
    write: (path, content, options) =>
      files(
        {
          verb: 'write',
          input: () => {
            text('files.write', 'content', content)
            return text('files.write', 'path', path)
          },
          writes: 'workspace',
        },
        options,
        async () => ({ value: await port().write(root, path, content) }),
      ),
    exists: (path, options) =>
      files({ verb: 'exists', input: () => text('files.exists', 'path', path) }, options, async () => ({
        value: await port().exists(root, path),
      })),
    delete: (path, options) =>
      files(
        { verb: 'delete', input: () => text('files.delete', 'path', path), writes: 'workspace' },
        options,
        async () => ({
          value: await port().delete(root, path),
        }),
      ),
    list: (path = '.', options) =>
      files({ verb: 'list', input: () => text('files.list', 'path', path) }, options, async () => ({
        value: [...(await port().list(root, path))],
      })),
    copy: (from, to, options) =>
      files(
        {
          verb: 'copy',
          input: () => [text('files.copy', 'path', from), text('files.copy', 'path', to)],
          writes: 'workspace',
        },
        options,
        async () => ({
          value: await port().copy(root, from, to),
        }),
      ),
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
  let input: Json = null
  const nameIt = (): CallNaming => {
    checkOptions(`ctx.${label}`, options, ['name', ...(operation.options ?? [])])
    input = operation.input()
    return { kind: label, name: options?.name }
  }
  return durable<T>(x, own, nameIt, (scope, key) => {
    const defaults: StepKindDefaults = {
      kind: operation.kind,
      name: options?.name ?? label,
      writes: operation.writes ?? 'none',
      once: true,
      durableStart: operation.kind === 'git',
      tree: operation.kind === 'files' && operation.writes === 'workspace' ? 'restore' : null,
      options: [],
      input: [operation.verb, input],
    }
    return new StepCall<T>(x, scope, key, stepSpec(x, defaults, {}, effect))
  })
}

function text(call: string, what: string, value: string): string {
  requireText(`ctx.${call}`, what, value)
  return value
}

/** What was made at the forge; where nobody can make it there, its text becomes an artifact. */
async function orArtifact(
  x: Execution,
  name: string,
  { created, url, via, text: body }: Awaited<ReturnType<GitPort['createPr']>>,
  scope: GitScope,
  attempt: Attempt,
): Promise<PullRequestResult> {
  if (via !== 'artifact') return { created, url, via }
  const { runId, stepId } = scope.marker
  const key = `${attempt.key}@${attempt.number}/~artifact`
  // An attempt that was interrupted after it had kept the text does not keep it again.
  const kept = x.index.get(key)
  if (kept?.is === 'note') return { created, url, via, artifactId: `${runId}.${kept.place.sequence}.0` }
  const stored = await x.deps.files.storeArtifact(x.facts.project, {
    runId,
    stepId,
    name,
    file: null,
    content: body,
  })
  const { first } = await x.journal.commit(
    journalEvent('artifact.created', {
      key,
      stepKey: attempt.key,
      agentSession: null,
      name,
      type: 'document',
      metadata: {},
      ...stored,
    }),
  )
  return { created, url, via, artifactId: `${runId}.${first}.0` }
}
