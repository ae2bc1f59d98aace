import { hash } from 'node:crypto'
import type { Json } from '@holdfast/workflow-sdk/journal'

/** Begins the keys of questions about a lost workspace; a number follows, one for each time somebody was asked. */
export const LOST_KEY = '#workspace-lost:'

/**
 * Name of a call as part of its key (R1). A key is a path: `build@1/test:2` is the third call named
 * `test` inside the first attempt of `build`. Characters with a meaning in paths are escaped.
 */
export function keyName(name: string, key?: string): string {
  const plain = escape(name)
  return key === undefined ? plain : `${plain}=${escape(key)}`
}

/** Name of a call that the author did not name: its kind, which no escaped name can begin like. */
export function unnamed(kind: string): string {
  return `~${kind}`
}

function escape(text: string): string {
  return text.replace(/[%/:@#=~]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)
}

/** Hash of a call's kind and declared input; part of the identity check on replay. */
export function callHash(kind: string, input?: Json): string {
  return input === undefined ? kind : `${kind}:${hash('sha256', JSON.stringify(input)).slice(0, 16)}`
}
