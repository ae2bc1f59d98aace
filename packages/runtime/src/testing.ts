import type { ComparedPrompts } from '@holdfast/agents/playback'
import {
  createTestEngine as createEngineForTests,
  type TestEngine as EngineForTests,
  type TestEngineOptions,
} from '@holdfast/engine/testing'
import { makeTestProject, type TestProject } from './testing/makeTestProject.ts'
import { playRecording } from './testing/playRecording.ts'
import { promptsForTests } from './testing/promptsForTests.ts'

export type { TestRun } from '@holdfast/engine/testing'

/** What a test engine is made of; only the workflows are needed. */
export interface TestOptions extends Omit<TestEngineOptions, 'openStore'> {
  /** Default a SQLite store in memory. */
  readonly openStore?: TestEngineOptions['openStore']
  /**
   * A recording of a run (`holdfast record RUN --out DIR`), from which agents and models answer: its folder, or with
   * `prompts: 'any'` also where a step asks in other words. Relative to the current folder.
   */
  readonly recording?: string | { readonly path: string; readonly prompts?: ComparedPrompts }
  /**
   * Files of a project that is made for the test, a git repository with one commit in a temporary folder; it is removed by
   * `close`. With `recording` it is made even where this is left out. Not together with `projectPath`.
   */
  readonly projectFiles?: Readonly<Record<string, string>>
}

/** An engine for tests of workflows. */
export interface TestEngine extends EngineForTests {
  /** Absolute folder of the project, in which runs work. */
  readonly projectPath: string
  /** Keys of the steps of the recording that nobody has asked for; empty without one. */
  readonly unplayed: () => readonly string[]
}

/**
 * An engine for tests of workflows: time moves only when the test says so, and waits park at once. Agents
 * are those of the installation (`replay` plays recorded sessions, for nothing) unless others are given, or a recording.
 * @throws WorkflowError `AGENT_RECORDING_INVALID`.
 */
export async function createTestEngine(options: TestOptions): Promise<TestEngine> {
  const { recording, projectFiles, ...rest } = options
  const [{ openStore }, { createAgents }] = await Promise.all([
    import('@holdfast/store'),
    import('@holdfast/agents'),
  ])
  const played = recording === undefined ? null : await playRecording(recording)
  const made =
    options.projectPath === undefined && (played !== null || projectFiles !== undefined)
      ? await makeTestProject(projectFiles ?? {})
      : null
  const projectPath = made?.path ?? options.projectPath
  const works = made !== null || played !== null
  const prompts = promptsForTests()
  const engine = await createEngineForTests({
    agents: played?.agents ?? createAgents().list(),
    ...(played === null ? {} : { models: played.models }),
    prompts: prompts.port,
    ...(works ? { workspace: (await import('@holdfast/workspace')).createWorkspacePort() } : {}),
    ...rest,
    ...(projectPath === undefined ? {} : { projectPath }),
    openStore: async (now) => prompts.use(await (options.openStore ?? inMemory)(now)),
  })
  function inMemory(now: () => number): ReturnType<typeof openStore> {
    return openStore('sqlite::memory:', { now })
  }
  return Object.assign(engine, {
    projectPath: projectPath ?? '',
    unplayed: () => played?.unplayed() ?? [],
    close: closing(engine, made),
  })
}

/** Closes the engine, then takes its project away; the engine as it was before this `close` took its place. */
function closing(engine: EngineForTests, made: TestProject | null): () => Promise<void> {
  const close = engine.close.bind(engine)
  return async () => {
    try {
      await close()
    } finally {
      await made?.remove()
    }
  }
}
