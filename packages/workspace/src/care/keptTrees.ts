import type { KeptTrees } from '@holdfast/workflow-sdk/ports'
import type { Repository } from '../git/Repository.ts'
import { SNAPSHOT_REFS, snapshotRef } from '../snapshots/snapshot.ts'

/** The name in the place of a run under which what was pruned by force is kept. */
export const ASIDE = 'pruned'

/** How many hidden refs each run has; what was put aside is none of a run. */
export async function keptTrees(project: Repository): Promise<KeptTrees[]> {
  const { stdout } = await project.read(['for-each-ref', '--format=%(refname)', SNAPSHOT_REFS])
  const counts = new Map<string, number>()
  for (const ref of stdout.split('\n')) {
    const runId = ref.slice(SNAPSHOT_REFS.length).split('/')[0] ?? ''
    if (runId !== '' && runId !== ASIDE) counts.set(runId, (counts.get(runId) ?? 0) + 1)
  }
  return [...counts].map(([runId, refs]) => ({ runId, refs }))
}

/** Removes the hidden refs of runs in one update; git's own housekeeping removes what they held. */
export async function dropTrees(project: Repository, runIds: readonly string[]): Promise<number> {
  const folders = runIds
    .filter((runId) => runId !== ASIDE)
    .map((runId) => snapshotRef(runId, 'x').slice(0, -1))
  if (folders.length === 0) return 0
  const format = '--format=delete %(refname) %(objectname)'
  const { stdout } = await project.read(['for-each-ref', format, SNAPSHOT_REFS])
  const lines = stdout
    .split('\n')
    .filter((line) => folders.some((folder) => line.startsWith(`delete ${folder}`)))
  if (lines.length > 0) await project.write(['update-ref', '--stdin'], { stdin: `${lines.join('\n')}\n` })
  return lines.length
}
