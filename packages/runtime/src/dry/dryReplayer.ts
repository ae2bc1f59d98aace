import { dryReplay, type ReplayDry } from '@holdfast/engine'
import type { IWorkflowStore } from '@holdfast/store/contract'
import type { Definitions } from '../definitions/Definitions.ts'
import type { Replayer } from './Replayer.ts'

/** Replays a version in its own process; one that a program handed over as an object lives in this one only. */
export function dryReplayer(store: IWorkflowStore, definitions: Definitions, replayer: Replayer): ReplayDry {
  const readBlob = (hash: string): Promise<Uint8Array> => store.getBlob(hash)
  return async (request) => {
    const { run, version } = request
    const embedded = definitions.embedded.byVersion(run.workflow_id, version)
    if (embedded !== null) return await dryReplay(request, { definition: embedded, readBlob })
    const bundlePath = await definitions.file({
      projectId: run.project_id,
      workflowId: run.workflow_id,
      workflowName: run.workflow_name,
      version,
    })
    return await replayer.replay(request, { bundlePath, readBlob })
  }
}
