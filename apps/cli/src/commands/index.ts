import type { Command } from 'commander'
import type { Shell } from '../shell.ts'

/** A command before its file is loaded. */
export interface LazyCommand {
  readonly name: string
  readonly summary: string
  /** Makes the command; its file is loaded only now. */
  readonly load: (shell: Shell) => Promise<Command>
}

/** Every command, in the order of the help. Their files are loaded only when they are called. */
export const COMMANDS: readonly LazyCommand[] = [
  {
    name: 'init',
    summary: 'prepare a project: a first workflow and what git should ignore',
    load: async (shell) => (await import('./init.ts')).init(shell),
  },
  {
    name: 'run',
    summary: 'run a workflow and show its progress',
    load: async (shell) => (await import('./run.ts')).run(shell),
  },
  {
    name: 'worker',
    summary: 'execute runs until it is stopped',
    load: async (shell) => (await import('./worker.ts')).worker(shell),
  },
  {
    name: 'dev',
    summary: 'serve this project and execute its runs, with workflows as they are now',
    load: async (shell) => (await import('./dev.ts')).dev(shell),
  },
  {
    name: 'serve',
    summary: 'REST and live events for this project, and a worker',
    load: async (shell) => (await import('./serve.ts')).serve(shell),
  },
  {
    name: 'runs',
    summary: 'look at runs: list, show, logs, events, cost',
    load: async (shell) => (await import('./runs/index.ts')).runs(shell),
  },
  {
    name: 'cancel',
    summary: 'ask a run to stop; its clean-up runs',
    load: async (shell) => (await import('./cancel.ts')).cancel(shell),
  },
  {
    name: 'kill',
    summary: 'end a run and its processes at once',
    load: async (shell) => (await import('./kill.ts')).kill(shell),
  },
  {
    name: 'resume',
    summary: 'go on with a run here',
    load: async (shell) => (await import('./resume.ts')).resume(shell),
  },
  {
    name: 'retry',
    summary: 'go on with a run that failed, from the step that failed',
    load: async (shell) => (await import('./retry.ts')).retry(shell),
  },
  {
    name: 'fork',
    summary: 'try another way from a step of a run',
    load: async (shell) => (await import('./fork.ts')).fork(shell),
  },
  {
    name: 'compare',
    summary: 'show two runs side by side: steps, outputs, files, cost',
    load: async (shell) => (await import('./compare.ts')).compare(shell),
  },
  {
    name: 'record',
    summary: 'keep what the agents and models of a run did, for tests',
    load: async (shell) => (await import('./record.ts')).record(shell),
  },
  {
    name: 'send',
    summary: 'send an event to a run',
    load: async (shell) => (await import('./send.ts')).send(shell),
  },
  {
    name: 'message',
    summary: 'say something to the agent of a run',
    load: async (shell) => (await import('./message.ts')).message(shell),
  },
  {
    name: 'attach',
    summary: 'follow a run and talk to its agents',
    load: async (shell) => (await import('./attach.ts')).attach(shell),
  },
  {
    name: 'takeover',
    summary: "go on yourself in an agent's session, and give it back",
    load: async (shell) => (await import('./takeover.ts')).takeover(shell),
  },
  {
    name: 'budget',
    summary: 'raise the budget of a run',
    load: async (shell) => (await import('./budget.ts')).budget(shell),
  },
  {
    name: 'approve',
    summary: 'say yes to what a run asks',
    load: async (shell) => (await import('./approve.ts')).approve(shell),
  },
  {
    name: 'reject',
    summary: 'say no to what a run asks',
    load: async (shell) => (await import('./reject.ts')).reject(shell),
  },
  {
    name: 'answer',
    summary: 'answer a question of a run with a value',
    load: async (shell) => (await import('./answer.ts')).answer(shell),
  },
  {
    name: 'workflows',
    summary: 'look at workflows: list, show',
    load: async (shell) => (await import('./workflows/index.ts')).workflows(shell),
  },
  {
    name: 'prompts',
    summary: 'look at prompts and label their versions: list, show, label, export, import',
    load: async (shell) => (await import('./prompts/index.ts')).prompts(shell),
  },
  {
    name: 'workspaces',
    summary: 'look at the folders that runs work in, or remove old ones: list, prune',
    load: async (shell) => (await import('./workspaces/index.ts')).workspaces(shell),
  },
  {
    name: 'check',
    summary: 'check configuration and workflows, and what edits would do to runs under way',
    load: async (shell) => (await import('./check.ts')).check(shell),
  },
  {
    name: 'migrate',
    summary: 'look at the schema of the store, or bring it up to date: status, up',
    load: async (shell) => (await import('./migrate/index.ts')).migrate(shell),
  },
  {
    name: 'store',
    summary: 'copy a store into another one: copy',
    load: async (shell) => (await import('./store/index.ts')).store(shell),
  },
  {
    name: 'agents',
    summary: 'list the agents: installed, signed in, what they can do',
    load: async (shell) => (await import('./agents.ts')).agents(shell),
  },
  {
    name: 'doctor',
    summary: 'check this machine and project',
    load: async (shell) => (await import('./doctor.ts')).doctor(shell),
  },
]
