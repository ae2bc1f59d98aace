import {
  ARTIFACT_TYPES,
  WorkflowError,
  type Artifact,
  type ArtifactOptions,
  type CallOptions,
  type Comment,
  type WorkflowContext,
} from '@holdfast/workflow-sdk'
import { journalEvent, type EventPayloads, type Json } from '@holdfast/workflow-sdk/journal'
import type { RunFilesPort } from '@holdfast/workflow-sdk/ports'
import { NoteCall } from '../calls/NoteCall.ts'
import { inWorkspace } from '../effects/confirmWorkspace.ts'
import { workspaceOf } from '../effects/workspaceOf.ts'
import type { Execution } from '../execution/Execution.ts'
import type { NoteRecord } from '../journal/records.ts'
import type { Scope } from '../scopes/Scope.ts'
import { toPlain } from '../values/plain.ts'
import { checkOptions, requireObject, requireText, requireWords } from './arguments.ts'
import { durable, type CallNaming } from './calls.ts'

type NoteMethods = Pick<WorkflowContext, 'comment' | 'commentExecution' | 'artifact'>

/** Comments and artifacts. */
export function noteCalls(x: Execution, own: Scope): NoteMethods {
  const comment = (
    kind: 'comment' | 'commentExecution',
    message: string,
    metadata: unknown,
    options: CallOptions | undefined,
  ): Promise<Comment> => {
    const nameIt = (): CallNaming => {
      requireText(`ctx.${kind}`, 'message', message)
      checkOptions(`ctx.${kind}`, options, ['name'])
      return { kind, name: options?.name }
    }
    return durable(x, own, nameIt, (scope, key) => {
      const payload = {
        key,
        stepKey: kind === 'comment' ? (scope.step?.key ?? null) : null,
        message,
        metadata: toPlain(metadata, 'The metadata of a comment holds a value').value as Json,
      }
      return new NoteCall(
        x,
        scope,
        key,
        async () => journalEvent('comment.added', payload),
        (record) => readComment(x, record),
      )
    })
  }
  return {
    comment: (message, metadata = {}, options) => comment('comment', message, metadata, options),
    commentExecution: (message, metadata = {}, options) =>
      comment('commentExecution', message, metadata, options),
    artifact: (name, options) =>
      durable(
        x,
        own,
        () => {
          requireWords('ctx.artifact', 'name', name)
          requireObject(`ctx.artifact("${name}")`, 'options', options)
          checkOptions(`ctx.artifact("${name}")`, options, ARTIFACT_OPTIONS)
          return { kind: 'artifact', name: options.name ?? `artifact ${name}` }
        },
        (scope, key) => {
          checkArtifact(name, options)
          return new NoteCall(
            x,
            scope,
            key,
            () => store(x, scope, key, name, options),
            (record) => readArtifact(x, record),
          )
        },
      ),
  }
}

const ARTIFACT_OPTIONS = ['name', 'path', 'content', 'type', 'mimeType', 'metadata']

async function store(
  x: Execution,
  scope: Scope,
  key: string,
  name: string,
  options: ArtifactOptions,
): ReturnType<ConstructorParameters<typeof NoteCall>[3]> {
  const stepId = scope.step === null ? null : await scope.step.id()
  const keep = (file: string | null): ReturnType<RunFilesPort['storeArtifact']> =>
    x.deps.files.storeArtifact(x.facts.project, {
      runId: x.runId,
      stepId,
      name,
      file,
      content: options.content ?? null,
    })
  const { path } = options
  const stored =
    path === undefined
      ? await keep(null)
      : await inWorkspace(x, async () =>
          keep(await workspaceOf(x).files.resolve(x.facts.workspacePath, path)),
        )
  return journalEvent('artifact.created', {
    key,
    stepKey: scope.step?.key ?? null,
    agentSession: null,
    name,
    type: options.type ?? 'other',
    storagePath: stored.storagePath,
    sizeBytes: stored.sizeBytes,
    mimeType: options.mimeType ?? stored.mimeType,
    metadata: toPlain(options.metadata ?? {}, `The metadata of artifact "${name}" holds a value`)
      .value as Json,
  })
}

function checkArtifact(name: string, options: ArtifactOptions): void {
  if ((options.path === undefined) === (options.content === undefined)) {
    throw new WorkflowError('OPTION_INVALID', `Artifact "${name}" needs either path or content.`, {
      details: { artifact: name },
    })
  }
  if (options.type !== undefined && !ARTIFACT_TYPES.includes(options.type)) {
    throw new WorkflowError(
      'OPTION_INVALID',
      `The type of artifact "${name}" is ${JSON.stringify(options.type)}. Use one of: ${ARTIFACT_TYPES.join(', ')}.`,
      { details: { artifact: name } },
    )
  }
}

function readComment(x: Execution, record: NoteRecord): Comment {
  const { message, metadata } = record.payload as EventPayloads['comment.added']
  return { id: `${x.runId}.${record.place.sequence}.0`, message, metadata, createdAt: record.place.timestamp }
}

function readArtifact(x: Execution, record: NoteRecord): Artifact {
  const { name, type, storagePath, mimeType, sizeBytes } = record.payload as EventPayloads['artifact.created']
  return {
    id: `${x.runId}.${record.place.sequence}.0`,
    name,
    type,
    storagePath,
    mimeType,
    sizeBytes,
    createdAt: record.place.timestamp,
  }
}
