export { TestClock, turns } from './TestClock.ts'
