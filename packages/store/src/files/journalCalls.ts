import { createHash } from 'node:crypto'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { JournalStore } from '../contract/index.ts'
import { prepareEvents } from '../payload/prepare.ts'
import { closed, translate } from './errors.ts'
import { readIfThere, replaceDurably, statIfThere } from './io.ts'
import type { Member } from './Member.ts'
import { eventOf, readLines } from './readLines.ts'

/** The calls of {@link JournalStore} on files. */
export function journalCalls(member: Member): JournalStore {
  const { layout, runs } = member
  return {
    appendAsOwner: async (append) => {
      prepareEvents(append.runId, append.events)
      return await member.write('appendAsOwner', append.runId, append)
    },
    appendFromOutside: async (runId, event) => {
      prepareEvents(runId, [event])
      return await member.write('appendFromOutside', runId, runId, event)
    },
    createWorkflowEvent: async (runId, event, ownerToken) => {
      prepareEvents(runId, [event])
      return await member.write('createEvent', runId, runId, event, ownerToken ?? null)
    },
    listWorkflowEvents: async ({ runId, afterSequence = 0, limit = Number.MAX_SAFE_INTEGER }) =>
      await member.read(() => {
        const state = runs.state(runId)
        if (state === null) return []
        return readLines(layout, state, Math.max(0, afterSequence), limit).map((line) => eventOf(runId, line))
      }),
    lastSequence: async (runId) => await member.read(() => runs.find(runId)?.run.last_sequence ?? 0),
    // A blob is named by its content: whoever writes it writes the same, and nobody has to hold the store.
    putBlob: async (bytes) => {
      if (member.isClosed) throw closed(member.what)
      const hash = createHash('sha256').update(bytes).digest('hex')
      try {
        if (statIfThere(layout.blob(hash))?.size !== bytes.byteLength)
          await replaceDurably(layout.blob(hash), bytes)
      } catch (error) {
        throw translate(error, member.what)
      }
      return hash
    },
    getBlob: async (hash) =>
      await member.read(() => {
        const bytes = /^[0-9a-f]{64}$/.test(hash) ? readIfThere(layout.blob(hash)) : null
        if (bytes !== null) return bytes
        throw new WorkflowError('RECORD_NOT_FOUND', `${member.what} has no blob ${hash}.`, {
          details: { hash },
        })
      }),
  }
}
