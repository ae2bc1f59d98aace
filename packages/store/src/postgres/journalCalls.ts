import { createHash } from 'node:crypto'
import { WorkflowError, type JournalEvent } from '@holdfast/workflow-sdk'
import { JOURNAL_SCHEMA_VERSION, type OutsideEvent } from '@holdfast/workflow-sdk/journal'
import { appendAsOwner } from '../append/appendAsOwner.ts'
import { appendFromOutside } from '../append/appendFromOutside.ts'
import type { AppendReceipt, JournalStore } from '../contract/index.ts'
import { lengthOf, prepareEvents } from '../payload/prepare.ts'
import { needsOf } from './needsOf.ts'
import { readEvents } from './readEvents.ts'
import type { StoreParts } from './StoreParts.ts'

/** The calls of {@link JournalStore} on PostgreSQL. */
export function journalCalls(parts: StoreParts): JournalStore {
  const { commit } = parts
  return {
    appendAsOwner: async (append) => {
      const events = prepareEvents(append.runId, append.events)
      const named = { ...needsOf(append.runId, append.events), length: lengthOf(events) }
      return await commit.write(named, (tx) => appendAsOwner(tx, append, events))
    },
    appendFromOutside: async (runId, event) => {
      const events = prepareEvents(runId, [event])
      const named = { ...needsOf(runId, [event]), length: lengthOf(events) }
      return await commit.write(named, (tx) => appendFromOutside(tx, runId, event, events))
    },
    createWorkflowEvent: async (runId, event, ownerToken) => {
      const events = prepareEvents(runId, [event])
      const named = { ...needsOf(runId, [event]), length: lengthOf(events) }
      const write = (receipt: AppendReceipt): JournalEvent => ({
        runId,
        sequence: receipt.first,
        timestamp: receipt.timestamp,
        schemaVersion: JOURNAL_SCHEMA_VERSION,
        ...event,
      })
      if (ownerToken === undefined) {
        return await commit.write(named, (tx) =>
          write(appendFromOutside(tx, runId, event as OutsideEvent, events)),
        )
      }
      const append = { runId, ownerToken, appendId: null, events: [event] }
      return await commit.write(named, (tx) => write(appendAsOwner(tx, append, events)))
    },
    listWorkflowEvents: async ({ runId, afterSequence = 0, limit }) =>
      await readEvents(parts, runId, afterSequence, limit ?? null),
    lastSequence: async (runId) => {
      const [row] = await parts.rows<{ last_sequence: number }>(LAST_SEQUENCE, runId)
      return row?.last_sequence ?? 0
    },
    putBlob: async (bytes) => {
      const hash = createHash('sha256').update(bytes).digest('hex')
      const content = Buffer.from(bytes)
      await commit.write({ length: content.byteLength }, (tx) => {
        tx.also(PUT_BLOB, hash, content, content.byteLength, tx.timestamp)
        tx.willHaveBlob(hash)
      })
      return hash
    },
    getBlob: async (hash) => {
      const [row] = await parts.rows<{ bytes: Uint8Array }>('select bytes from blobs where hash = $1', hash)
      if (row !== undefined) return row.bytes
      throw new WorkflowError('RECORD_NOT_FOUND', `${parts.what} has no blob ${hash}.`, {
        details: { hash },
      })
    },
  }
}

const LAST_SEQUENCE = 'select last_sequence from workflow_runs where id = $1'
const PUT_BLOB = `insert into blobs (hash, bytes, size_bytes, created_at) values ($1, $2, $3, $4)
  on conflict (hash) do nothing`
