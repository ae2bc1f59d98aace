export {
  createTestEngine,
  type TestEngine,
  type TestEngineOptions,
  type TestRun,
} from './createTestEngine.ts'
export { MemoryRunFiles } from './MemoryRunFiles.ts'
export { TestClock, turns } from './TestClock.ts'
export { crashingStore, type CrashingStore, type CrashPlan } from './crash/crashingStore.ts'
