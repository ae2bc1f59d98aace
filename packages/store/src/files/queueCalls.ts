import type { QueueStore } from '../contract/index.ts'
import { prepareEvents } from '../payload/prepare.ts'
import { parkEvents } from '../queue/parkRun.ts'
import { closed, translate } from './errors.ts'
import { startHeartbeat } from './heartbeat.ts'
import { dueRuns, lostPlaces, nextDue, placesOf } from './line.ts'
import type { Member } from './Member.ts'
import { listWorkers, readWorker, writeWorker } from './workers.ts'

/** The calls of {@link QueueStore} on files. */
export function queueCalls(member: Member): QueueStore {
  const { layout, runs } = member
  const placesFor = (workerId: string) => [null, ...placesOf(readWorker(layout, workerId))]
  const unfinished = () => runs.unfinished().map(({ run }) => run)
  return {
    claimDueRuns: async (claim) => {
      const { workerId, now, runId } = claim
      // Most looks find nothing: they need no write.
      const isDue = await member.read(() => {
        if (runId === undefined) return dueRuns(unfinished(), placesFor(workerId), now).length > 0
        const run = runs.find(runId)?.run
        return run?.owner_token === null && (run.held_by !== null || (run.due_at ?? '~') <= now)
      })
      return isDue ? await member.write('claimDueRuns', null, claim) : []
    },
    claimLostRuns: async (claim) => {
      const isLost = await member.read(
        () => lostPlaces(unfinished(), listWorkers(layout), claim.dueBefore).length > 0,
      )
      return isLost ? await member.write('claimLostRuns', null, claim) : []
    },
    nextDueAt: async (workerId) => await member.read(() => nextDue(unfinished(), placesFor(workerId))),
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
    listWorkers: async () =>
      await member.read(() => listWorkers(layout).map((worker) => ({ ...worker, silentMs: null }))),
    startHeartbeat: async (workerId, { intervalMs }) =>
      await member.read(() => startHeartbeat(member, workerId, intervalMs)),
    releaseRunsOfWorker: async (workerId) => await member.write('leaveWorker', null, workerId, 'takeover'),
  }
}
