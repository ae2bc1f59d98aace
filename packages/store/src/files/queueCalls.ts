import type { QueueStore } from '../contract/index.ts'
import { prepareEvents } from '../payload/prepare.ts'
import { parkEvents } from '../queue/parkRun.ts'
import { dueRuns } from './dueRuns.ts'
import { closed, translate } from './errors.ts'
import { startHeartbeat } from './heartbeat.ts'
import type { Member } from './Member.ts'
import { listWorkers, writeWorker } from './workers.ts'

/** The calls of {@link QueueStore} on files. */
export function queueCalls(member: Member): QueueStore {
  const { layout, runs } = member
  const unfinished = () => runs.unfinished().map(({ run }) => run)
  return {
    claimDueRuns: async (claim) => {
      // Most looks find nothing: they need no write.
      const due = await member.read(() => dueRuns(unfinished(), claim.now, claim.runId).length)
      return due === 0 ? [] : await member.write('claimDueRuns', null, claim)
    },
    nextDueAt: async () =>
      await member.read(() => {
        let next: string | null = null
        for (const { owner_token, due_at } of unfinished())
          if (owner_token === null && due_at !== null && (next === null || due_at < next)) next = due_at
        return next
      }),
    parkRun: async (request) => {
      prepareEvents(request.runId, parkEvents(request))
      return await member.write('parkRun', request.runId, request)
    },
    handBackRun: async (release) => await member.write('handBackRun', release.runId, release),
    fenceRun: async (runId, ownerToken) => await member.write('fenceRun', runId, runId, ownerToken),
    // Rows of workers are files that only their own worker renews: nobody has to hold the store for them.
    registerWorker: async (worker) => {
      if (member.isClosed) throw closed(member.what)
      const now = new Date(member.now())
      try {
        return await writeWorker(layout, { ...worker, started_at: now.toISOString() }, now)
      } catch (error) {
        throw translate(error, member.what)
      }
    },
    retireWorker: async (workerId) => {
      await member.write('leaveWorker', null, workerId, 'handover')
    },
    listWorkers: async () => await member.read(() => listWorkers(layout)),
    startHeartbeat: async (workerId, { intervalMs }) =>
      await member.read(() => startHeartbeat(member, workerId, intervalMs)),
    releaseRunsOfWorker: async (workerId) =>
      await member.write('leaveWorker', null, workerId, 'takeover'),
  }
}
