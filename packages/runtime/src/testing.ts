import {
  createTestEngine as createEngineForTests,
  type TestEngine,
  type TestEngineOptions,
} from '@holdfast/engine/testing'

export type { TestEngine, TestRun } from '@holdfast/engine/testing'

/** What a test engine is made of; only the workflows are needed. */
export interface TestOptions extends Omit<TestEngineOptions, 'openStore'> {
  /** Default a SQLite store in memory. */
  readonly openStore?: TestEngineOptions['openStore']
}

/**
 * An engine for tests of workflows: time moves only when the test says so, and waits park at once. Agents
 * are those of the installation (`replay` plays recorded sessions, for nothing) unless others are given.
 */
export async function createTestEngine(options: TestOptions): Promise<TestEngine> {
  const [{ openStore }, { createAgents }] = await Promise.all([
    import('@holdfast/store'),
    import('@holdfast/agents'),
  ])
  return await createEngineForTests({
    openStore: (now) => openStore('sqlite::memory:', { now }),
    agents: createAgents().list(),
    ...options,
  })
}
