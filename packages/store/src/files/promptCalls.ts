import type { PromptStore, SessionStore } from '../contract/index.ts'
import { compareText, pageOfRows } from '../lists/pageOfRows.ts'
import { notFound } from '../sql/notFound.ts'
import { contains } from './contains.ts'
import type { Member } from './Member.ts'
import { promptRow, type PromptRecord } from './promptRecords.ts'

/** The calls of {@link PromptStore} on files. */
export function promptCalls(member: Member): PromptStore {
  const { records } = member
  const versionsOf = (projectId: string, name: string): PromptRecord[] =>
    records
      .list('prompt_definitions')
      .filter((row) => row.project_id === projectId && row.name === name)
      .toSorted((a, b) => a.version - b.version)
  return {
    registerPrompt: async (prompt) => await member.write('registerPrompt', null, prompt),
    findPrompt: async (projectId, name, which) =>
      await member.read(() => {
        const versions = versionsOf(projectId, name)
        const label =
          which !== undefined && 'label' in which
            ? records
                .list('prompt_labels')
                .find((row) => row.project_id === projectId && row.name === name && row.label === which.label)
            : undefined
        const found = versions.findLast((row) => {
          if (which === undefined) return row.status === 'active'
          return 'version' in which ? row.version === which.version : row.id === label?.prompt_id
        })
        return found === undefined ? null : promptRow(found)
      }),
    getPrompt: async (id) =>
      await member.read(() => {
        const row = records.get('prompt_definitions', id)
        if (row === null) throw notFound('prompt version', id)
        return promptRow(row)
      }),
    listPrompts: async (query) =>
      await member.read(() => {
        const matching = records.list('prompt_definitions').filter((row) => fits(row, query))
        const newest = new Map<string, PromptRecord>()
        for (const row of matching) {
          const key = JSON.stringify([row.project_id, row.name])
          if ((newest.get(key)?.version ?? 0) < row.version) newest.set(key, row)
        }
        const page = pageOfRows(query, [...newest.values()], {
          sortedBy: ({ name, id }) => [name, id],
          compare: ([a, idA], [b, idB]) => compareText(a ?? '', b ?? '') || compareText(idA ?? '', idB ?? ''),
        })
        return { ...page, items: page.items.map(promptRow) }
      }),
    listPromptVersions: async (projectId, name) =>
      await member.read(() => versionsOf(projectId, name).map(promptRow)),
    updatePrompt: async (id, change) => await member.write('updatePrompt', null, id, change),
    deletePrompt: async (id) => {
      await member.write('deletePrompt', null, id)
    },
    setPromptLabel: async (label) => await member.write('setPromptLabel', null, label),
    listPromptLabels: async (projectId, name) =>
      await member.read(() =>
        records
          .list('prompt_labels')
          .filter((row) => row.project_id === projectId && row.name === name)
          .toSorted((a, b) => compareText(a.label, b.label))
          .flatMap(({ id: _id, ...row }) => {
            const prompt = records.get('prompt_definitions', row.prompt_id)
            return prompt === null ? [] : [{ ...row, version: prompt.version }]
          }),
      ),
    deletePromptLabel: async (projectId, name, label) => {
      await member.write('deletePromptLabel', null, projectId, name, label)
    },
  }
}

/** The calls of {@link SessionStore} on files. */
export function sessionCalls(member: Member): SessionStore {
  const { records } = member
  return {
    ensureSession: async (session) => {
      const { projectId, name } = session
      const known = await member.read(() =>
        records.list('sessions').find((row) => row.project_id === projectId && row.name === name),
      )
      return known ?? (await member.write('ensureSession', null, session))
    },
    getSession: async (id) =>
      await member.read(() => {
        const row = records.get('sessions', id)
        if (row === null) throw notFound('session', id)
        return row
      }),
    listSessions: async (query) =>
      await member.read(() => {
        const { projectId, agentName } = query
        const rows = records
          .list('sessions')
          .filter((row) => projectId === undefined || row.project_id === projectId)
          .filter((row) => agentName === undefined || row.agent_name === agentName)
        return pageOfRows(query, rows, {
          sortedBy: ({ created_at, id }) => [created_at, id],
          compare: ([a, idA], [b, idB]) => compareText(b ?? '', a ?? '') || compareText(idB ?? '', idA ?? ''),
        })
      }),
  }
}

function fits(row: PromptRecord, query: Parameters<PromptStore['listPrompts']>[0]): boolean {
  const { projectId, category, status, q } = query
  return (
    (projectId === undefined || row.project_id === projectId) &&
    (category === undefined || row.category === category) &&
    (status === undefined || row.status === status) &&
    (q === undefined || contains(row.name, q) || contains(row.system_prompt_text, q))
  )
}
