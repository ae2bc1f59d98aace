export { createWorkspacePort, type WorkspacePortOptions } from './createWorkspacePort.ts'
export { createHostPort } from './processes/createHostPort.ts'
export { endGroup, KILL_AFTER_MS } from './processes/endGroup.ts'
export { endProcesses, type Quarry } from './processes/endProcesses.ts'
export { baseEnvironment, parentEnvironment, type Environment } from './processes/environment.ts'
export { hostIdentity, type HostIdentity } from './processes/hostIdentity.ts'
export { markerVariables, PROCESS_VARIABLE, RUN_VARIABLE, STEP_VARIABLE } from './processes/marker.ts'
export { isAlive, processIdentity } from './processes/processIdentity.ts'
export {
  startProcess,
  type ProcessExit,
  type RunningProcess,
  type StartProcess,
} from './processes/startProcess.ts'
