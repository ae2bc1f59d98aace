import type { DryReplay, DryReplayRequest } from '@holdfast/engine'
import type { ErrorCode } from '@holdfast/workflow-sdk'

/** What the process of a dry replay is told. */
export type ToReplayer =
  | { readonly type: 'replay'; readonly request: DryReplayRequest; readonly bundlePath: string }
  | { readonly type: 'blob'; readonly hash: string; readonly bytes: Uint8Array | null }

/** What it says. */
export type FromReplayer =
  | { readonly type: 'ready' }
  | { readonly type: 'wants'; readonly hash: string }
  | { readonly type: 'replayed'; readonly replay: DryReplay }
  | { readonly type: 'refused'; readonly code: ErrorCode | null; readonly message: string }
