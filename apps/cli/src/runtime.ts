export {
  createHoldfast,
  type Holdfast,
  type HoldfastOptions,
  type RunHandle,
  type StartOptions,
  type WorkerOptions,
} from '@holdfast/runtime'
