import { Socket } from 'node:dgram'
import { Server, Socket as Stream } from 'node:net'
import { dryReplay } from '@holdfast/engine'
import { isWorkflow, WorkflowError } from '@holdfast/workflow-sdk'
import { importBundleFile } from '../bundles/importBundle.ts'
import { placeInProject } from '../discovery/place.ts'
import type { FromReplayer, ToReplayer } from './messages.ts'
import { startWatchdog } from './watchdog.ts'

/** What waits for a blob, by its hash. */
const waiting = new Map<string, PromiseWithResolvers<Uint8Array>>()

startWatchdog()
denyNetwork()
process.on('message', (message: ToReplayer) => {
  if (message.type === 'blob') return given(message)
  answer(message).then(say, (error: unknown) => say(refused(error)))
})
say({ type: 'ready' })

async function answer({
  request,
  bundlePath,
}: Extract<ToReplayer, { type: 'replay' }>): Promise<FromReplayer> {
  const definition = (await importBundleFile(bundlePath)).default
  if (!isWorkflow(definition))
    throw new WorkflowError('WORKFLOW_INVALID', 'its default export is no workflow', { details: {} })
  const placeOf = (stack: string): string | null => {
    const place = placeInProject(request.project.path, stack)
    return place === null ? null : `${place.file}:${place.line}:${place.column}`
  }
  return { type: 'replayed', replay: await dryReplay(request, { definition, readBlob, placeOf }) }
}

function readBlob(hash: string): Promise<Uint8Array> {
  const wanted = waiting.get(hash) ?? Promise.withResolvers<Uint8Array>()
  if (!waiting.has(hash)) {
    waiting.set(hash, wanted)
    say({ type: 'wants', hash })
  }
  return wanted.promise
}

function given({ hash, bytes }: Extract<ToReplayer, { type: 'blob' }>): void {
  const wanted = waiting.get(hash)
  waiting.delete(hash)
  if (bytes !== null) wanted?.resolve(bytes)
  else wanted?.reject(new WorkflowError('RECORD_NOT_FOUND', `The store does not have the value ${hash}.`))
}

function refused(error: unknown): FromReplayer {
  const message = error instanceof Error ? error.message : String(error)
  return { type: 'refused', code: WorkflowError.is(error) ? error.code : null, message }
}

function say(message: FromReplayer): void {
  process.send?.(message)
}

/** Node.js 24 denies files and programs (--permission), not connections. */
function denyNetwork(): void {
  const deny = (): never => {
    throw Object.assign(new Error('A dry replay makes no connections: put what does into a step.'), {
      code: 'ERR_ACCESS_DENIED',
    })
  }
  for (const [prototype, names] of [
    [Stream.prototype, ['connect']],
    [Server.prototype, ['listen']],
    [Socket.prototype, ['bind', 'send', 'connect']],
  ] as const)
    for (const name of names) Object.defineProperty(prototype, name, { value: deny })
}
