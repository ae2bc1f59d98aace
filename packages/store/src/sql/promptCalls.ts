import type { PromptStore, SessionStore } from '../contract/index.ts'
import { deletePromptLabel, listPromptLabels, setPromptLabel } from './promptLabels.ts'
import * as prompts from './prompts.ts'
import type { ScriptRunner } from './Script.ts'
import { ensureSession, getSession, listSessions } from './sessions.ts'

/** The calls of {@link PromptStore} on a SQL store. */
export function promptCalls({ read, write }: ScriptRunner): PromptStore {
  return {
    registerPrompt: (prompt) => write((now) => prompts.registerPrompt(prompt, now)),
    findPrompt: (projectId, name, which) => read(() => prompts.findPrompt(projectId, name, which)),
    getPrompt: (id) => read(() => prompts.getPrompt(id)),
    listPrompts: (query) => read(() => prompts.listPrompts(query)),
    listPromptVersions: (projectId, name) => read(() => prompts.listPromptVersions(projectId, name)),
    updatePrompt: (id, change) => write((now) => prompts.updatePrompt(id, change, now)),
    deletePrompt: (id) => write(() => prompts.deletePrompt(id)),
    setPromptLabel: (label) => write((now) => setPromptLabel(label, now)),
    listPromptLabels: (projectId, name) => read(() => listPromptLabels(projectId, name)),
    deletePromptLabel: (projectId, name, label) => write(() => deletePromptLabel(projectId, name, label)),
  }
}

/** The calls of {@link SessionStore} on a SQL store. */
export function sessionCalls({ read, write }: ScriptRunner): SessionStore {
  return {
    ensureSession: (session) => write((now) => ensureSession(session, now)),
    getSession: (id) => read(() => getSession(id)),
    listSessions: (query) => read(() => listSessions(query)),
  }
}
