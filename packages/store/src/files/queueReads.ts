import { WorkflowError } from '@holdfast/workflow-sdk'
import type { RunColumns } from '../projection/rows.ts'
import type { Gate, QueueReads } from '../queue/QueueReads.ts'
import type { FileTransaction } from './FileTransaction.ts'
import { compare, dueRuns, isInLine, placesOf } from './line.ts'
import { readWorker } from './workers.ts'

type Run = Readonly<RunColumns>

/** What the rules of the queue ask, answered from the rows in memory as the transaction has changed them. */
export function fileQueue(tx: FileTransaction): QueueReads {
  const ofGate = (gate: Gate, runs: readonly Run[]): Run[] => {
    tx.touch(gateKey(gate))
    return runs.filter((run) => run.workflow_id === gate.workflowId && keyOf(run, gate) === gate.key)
  }
  const find = (fits: (run: Run) => boolean): string | null => tx.everyRun().find(fits)?.id ?? null
  return {
    // A damaged run cannot go on, but must not keep others from doing so.
    load: (runId) => {
      try {
        return tx.load(runId)
      } catch (error) {
        if (WorkflowError.has(error, 'JOURNAL_CORRUPT')) return null
        throw error
      }
    },
    // One process writes, one transaction after the other.
    lock: () => {},
    placesOf: (workerId) => placesOf(readWorker(tx.layout, workerId)),
    hostOf: (workspaceId) => tx.workspace(workspaceId)?.host_id ?? null,
    dueRuns: ({ places, now, limit }) =>
      dueRuns(tx.unfinished(), places, now)
        .slice(0, limit)
        .map(({ id }) => id),
    countRunning: (gate, atMost) =>
      Math.min(atMost, ofGate(gate, tx.unfinished()).filter((run) => run.owner_token !== null).length),
    nthNewestStart: (gate, nth, now) => {
      const starts = ofGate(gate, tx.everyRun()).flatMap(({ started_at: at }) =>
        at !== null && at <= now ? [at] : [],
      )
      return starts.toSorted((a, b) => compare(b, a))[nth - 1] ?? null
    },
    hasReady: (gate, run, until) =>
      ofGate(gate, tx.unfinished()).some(
        (other) =>
          other.id !== run.id &&
          isInLine(other) &&
          (other.due_at ?? '') <= until &&
          other.queue_rank >= run.queue_rank &&
          (other.host_id === null || other.host_id === run.host_id) &&
          (gate.by === 'concurrency' || other.started_at === null),
      ),
    firstHeld: (gate) => {
      const held = ofGate(gate, tx.unfinished()).filter(
        (run) => run.held_by === gate.by && run.due_at === null,
      )
      const [first] = held.toSorted(
        (a, b) => b.queue_rank - a.queue_rank || compare(a.created_at, b.created_at),
      )
      return first?.id ?? null
    },
    withIdempotencyKey: (workflowId, key) =>
      find((run) => run.workflow_id === workflowId && run.idempotency_key === key),
    withSingletonKey: (workflowId, key) =>
      find((run) => run.workflow_id === workflowId && run.singleton_key === key && run.completed_at === null),
    withDebounceKey: (workflowId, key) =>
      find(
        (run) =>
          run.workflow_id === workflowId &&
          run.debounce_key === key &&
          run.started_at === null &&
          run.completed_at === null,
      ),
  }
}

/** A name for a key: writes that decide about it are kept or lost together. */
export function gateKey({ by, workflowId, key }: Gate): string {
  return JSON.stringify([by, workflowId, key])
}

function keyOf(run: Run, { by }: Gate): string | null {
  return by === 'concurrency' ? run.concurrency_key : run.rate_key
}
