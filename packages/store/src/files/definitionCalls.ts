import type { DefinitionStore } from '../contract/index.ts'
import { definitionRow, readVersion } from './definitionOperations.ts'
import type { Member } from './Member.ts'
import { notFound } from '../sql/notFound.ts'
import { contains } from './contains.ts'
import { triggerCalls } from './triggerCalls.ts'

/** The calls of {@link DefinitionStore} on files. */
export function definitionCalls(member: Member): DefinitionStore {
  const { records, layout } = member
  return {
    ...triggerCalls(member),
    ensureProject: async (project) => {
      const known = await member.read(() =>
        records.list('projects').find(({ path }) => path === project.path),
      )
      // Nothing to write: a command that only looks must not take the store.
      return known?.name === project.name ? known : await member.write('ensureProject', null, project)
    },
    getProject: async (id) =>
      await member.read(() => {
        const row = records.get('projects', id)
        if (row === null) throw notFound('project', id)
        return row
      }),
    listProjects: async () => await member.read(() => records.list('projects').toSorted(byName)),
    updateProject: async (id, { name }) => await member.write('updateProject', null, id, name),
    deleteProject: async (id) => {
      await member.write('deleteProject', null, id)
    },
    registerWorkflow: async (definition) => await member.write('registerWorkflow', null, definition),
    findWorkflow: async (projectId, name) =>
      await member.read(() => {
        const rows = records.list('workflow_definitions')
        const row = rows.find((one) => one.project_id === projectId && one.name === name)
        return row === undefined ? null : definitionRow(row)
      }),
    getWorkflow: async (id) =>
      await member.read(() => {
        const row = records.get('workflow_definitions', id)
        if (row === null) throw notFound('workflow', id)
        return definitionRow(row)
      }),
    listWorkflows: async ({ projectId, isActive, q }) =>
      await member.read(() =>
        records
          .list('workflow_definitions')
          .filter((row) => projectId === undefined || row.project_id === projectId)
          .filter((row) => isActive === undefined || row.is_active === isActive)
          .filter((row) => q === undefined || contains(row.name, q) || contains(row.description, q))
          .toSorted(byName)
          .map(definitionRow),
      ),
    updateWorkflow: async (id, change) => await member.write('updateWorkflow', null, id, change),
    deleteWorkflow: async (id) => {
      await member.write('deleteWorkflow', null, id)
    },
    getWorkflowVersion: async (workflowId, version) =>
      await member.read(() => {
        const row = readVersion(layout, workflowId, version)
        if (row === null) throw notFound('workflow version', `${workflowId} version ${version}`)
        return row
      }),
    listWorkflowVersions: async (workflowId) =>
      await member.read(() => {
        const versions = records.get('workflow_definitions', workflowId)?.versions ?? []
        return versions
          .toSorted((a, b) => a.version - b.version)
          .flatMap(({ version }) => readVersion(layout, workflowId, version) ?? [])
      }),
  }
}

interface Named {
  readonly name: string
  readonly id: string
}

function byName(a: Named, b: Named): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  return a.id < b.id ? -1 : 1
}
