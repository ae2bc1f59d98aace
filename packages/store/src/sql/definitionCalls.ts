import type { DefinitionStore } from '../contract/index.ts'
import { getWorkflowNode, listWorkflowNodes } from './nodes.ts'
import { deleteProject, ensureProject, getProject, listProjects, updateProject } from './projects.ts'
import { listSchedules, planSchedule } from './schedules.ts'
import type { ScriptRunner } from './Script.ts'
import { createTrigger, deleteTrigger, getTrigger, listTriggers, updateTrigger } from './triggers.ts'
import { markWorkspaceCleaned } from './workspaces.ts'
import * as workflows from './workflows.ts'

/** The calls of {@link DefinitionStore} on a SQL store. */
export function definitionCalls({ read, write }: ScriptRunner): DefinitionStore {
  return {
    ensureProject: (project) => write((now) => ensureProject(project, now)),
    getProject: (id) => read(() => getProject(id)),
    listProjects: () => read(() => listProjects()),
    updateProject: (id, { name }) => write((now) => updateProject(id, name, now)),
    deleteProject: async (id) => {
      await write(
        () => deleteProject(id),
        (runs) => runs,
      )
    },

    registerWorkflow: (definition) => write((now) => workflows.registerWorkflow(definition, now)),
    findWorkflow: (projectId, name) => read(() => workflows.findWorkflow(projectId, name)),
    getWorkflow: (id) => read(() => workflows.getWorkflow(id)),
    listWorkflows: (query) => read(() => workflows.listWorkflows(query)),
    updateWorkflow: (id, change) => write((now) => workflows.updateWorkflow(id, change, now)),
    deleteWorkflow: (id) => write(() => workflows.deleteWorkflow(id)),
    getWorkflowVersion: (id, version) => read(() => workflows.getWorkflowVersion(id, version)),
    listWorkflowVersions: (id) => read(() => workflows.listWorkflowVersions(id)),

    listWorkflowNodes: (query) => read(() => listWorkflowNodes(query)),
    getWorkflowNode: (id) => read(() => getWorkflowNode(id)),

    createTrigger: (workflowId, trigger) => write((now) => createTrigger(workflowId, trigger, now)),
    getTrigger: (id) => read(() => getTrigger(id)),
    listTriggers: (query) => read(() => listTriggers(query)),
    updateTrigger: (id, { isActive }) => write((now) => updateTrigger(id, isActive, now)),
    deleteTrigger: (id) => write(() => deleteTrigger(id)),
    markWorkspaceCleaned: (id) => write((now) => markWorkspaceCleaned(id, now)),
    listSchedules: (query) => read(() => listSchedules(query)),
    planSchedule: (plan) => write((now) => planSchedule(plan, now)),
  }
}
