import { createHash } from 'node:crypto'
import { WorkflowError, type JournalEvent } from '@holdfast/workflow-sdk'
import { JOURNAL_SCHEMA_VERSION, type OutsideEvent } from '@holdfast/workflow-sdk/journal'
import { appendAsOwner } from '../append/appendAsOwner.ts'
import { appendFromOutside } from '../append/appendFromOutside.ts'
import type { AppendReceipt, JournalStore } from '../contract/index.ts'
import { prepareEvents } from '../payload/prepare.ts'
import { lastSequences } from './lastSequences.ts'
import { readEvents } from './readEvents.ts'
import type { StoreParts } from './StoreParts.ts'

/** The calls of {@link JournalStore} on SQLite. */
export function journalCalls(parts: StoreParts): JournalStore {
  const { commit, connection } = parts
  return {
    appendAsOwner: async (append) => {
      const events = prepareEvents(append.runId, append.events)
      return await commit.write((tx) => appendAsOwner(tx, append, events))
    },
    appendFromOutside: async (runId, event) => {
      const events = prepareEvents(runId, [event])
      return await commit.write((tx) => appendFromOutside(tx, runId, event, events))
    },
    createWorkflowEvent: async (runId, event, ownerToken) => {
      const events = prepareEvents(runId, [event])
      const write = (receipt: AppendReceipt): JournalEvent => ({
        runId,
        sequence: receipt.first,
        timestamp: receipt.timestamp,
        schemaVersion: JOURNAL_SCHEMA_VERSION,
        ...event,
      })
      if (ownerToken === undefined) {
        return await commit.write((tx) => write(appendFromOutside(tx, runId, event as OutsideEvent, events)))
      }
      const append = { runId, ownerToken, appendId: null, events: [event] }
      return await commit.write((tx) => write(appendAsOwner(tx, append, events)))
    },
    listWorkflowEvents: async ({ runId, afterSequence = 0, limit = Number.MAX_SAFE_INTEGER }) =>
      await parts.read(() => readEvents(connection, runId, afterSequence, limit)),
    lastSequence: lastSequences(parts),
    putBlob: async (bytes) => {
      const hash = createHash('sha256').update(bytes).digest('hex')
      await commit.write((tx) => tx.connection.run(PUT_BLOB, hash, bytes, bytes.byteLength, tx.timestamp))
      return hash
    },
    getBlob: async (hash) =>
      await parts.read(() => {
        const row = connection.get<{ bytes: Uint8Array }>('select bytes from blobs where hash = ?', hash)
        if (row !== null) return row.bytes
        throw new WorkflowError('RECORD_NOT_FOUND', `${parts.what} has no blob ${hash}.`, {
          details: { hash },
        })
      }),
  }
}

const PUT_BLOB = `insert into blobs (hash, bytes, size_bytes, created_at) values (?, ?, ?, ?)
  on conflict (hash) do nothing`
