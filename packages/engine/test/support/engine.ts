import { openSqliteStore } from '@holdfast/store'
import { afterEach } from 'vitest'
import { createTestEngine, type TestEngine, type TestEngineOptions } from '../../src/testing/index.ts'

const open: TestEngine[] = []

/** A test engine on SQLite in memory that is closed after the test. */
export async function testEngine(options: Omit<TestEngineOptions, 'openStore'>): Promise<TestEngine> {
  const engine = await createTestEngine({
    ...options,
    openStore: (now) => openSqliteStore({ path: ':memory:', now }),
  })
  open.push(engine)
  return engine
}

afterEach(async () => {
  for (const engine of open.splice(0)) await engine.close()
})
