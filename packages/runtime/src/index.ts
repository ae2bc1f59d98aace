export type { CheckOptions, CheckReport } from './check/checkProject.ts'
export type { CheckedRun } from './check/replayLiveRuns.ts'
export { importBundle } from './bundles/importBundle.ts'
export { registerInstallation } from './bundles/installation.ts'
export { defineConfig, type HoldfastConfig, type SharedBudget } from './config/defineConfig.ts'
export type { RunComparison } from './compare/compareRuns.ts'
export {
  createHoldfast,
  type Holdfast,
  type HoldfastOptions,
  type RetryOptions,
  type WorkerOptions,
} from './createHoldfast.ts'
export type { LoadedVersion } from './definitions/embedded.ts'
export { nearestName } from './definitions/nearest.ts'
export { workflowNotFound } from './definitions/notFound.ts'
export { discover } from './discovery/discover.ts'
export { discoverOne, type DiscoveryOfOne } from './discovery/discoverOne.ts'
export { placeInProject, type Place } from './discovery/place.ts'
export type { DiscoveredWorkflow, Discovery, TemplateProblem, WorkflowFacts } from './discovery/types.ts'
export {
  discoverPrompts,
  type DiscoveredPrompt,
  type PromptDiscovery,
  type PromptProblem,
} from './prompts/discoverPrompts.ts'
export { exportPrompt, importPrompt } from './prompts/transferPrompt.ts'
export { readReference } from './prompts/Prompts.ts'
export { doctor, type DoctorCheck } from './doctor/doctor.ts'
export { inspectAgents, type AgentStatus } from './doctor/inspectAgents.ts'
export { openOwnFile, type OwnFile } from './files/openOwnFile.ts'
export { keepMetadata, type MetadataKeeper } from './files/metadata.ts'
export { RunFiles, type RunFilesOptions } from './files/RunFiles.ts'
export { findProjectRoot } from './project/findProjectRoot.ts'
export { openProject, type OpenProject, type OpenProjectOptions } from './project/openProject.ts'
export { refuseOutside } from './project/ownPlaces.ts'
export { projectPaths, type ProjectPaths } from './project/paths.ts'
export { makeRecording } from './recordings/makeRecording.ts'
export { RunHandle } from './RunHandle.ts'
export type { StartOptions } from './startOptions.ts'
export { copyStores, type StoreCopy } from './stores/copyStores.ts'
export { migrateUp, migrationStatus } from './stores/migrations.ts'
export { careOf, keepTreesMs } from './workspaces/careOf.ts'
export { listWorkspaces } from './workspaces/listWorkspaces.ts'
export { planPrune, type PruneItem } from './workspaces/planPrune.ts'
export { prune } from './workspaces/prune.ts'
export { isAnybodyAtWork } from './worker/isAnybodyAtWork.ts'
export { executionView, type ExecutionView, type UsageTotal } from './view/executionView.ts'
export { usageByDay } from './view/usageByDay.ts'
export { ownersOf, type RunOwner } from './view/ownerOf.ts'
export type { Takeover } from './takeover/takeOver.ts'
export type { ActionPlan, DryReplay, PlanWithNotes } from '@holdfast/engine'
export type {
  AgentSessionRow,
  ApprovalRow,
  IWorkflowStore,
  MessageRow,
  StoreChange,
  UsageGroup,
  UsageSum,
  WorkflowArtifactRow,
  WorkflowLogRow,
  WorkflowRunRow,
  WorkflowStepRow,
} from '@holdfast/store/contract'
