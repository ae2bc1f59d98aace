/** Kinds whose step type is not the kind in upper case. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  PROMPT: 'AI_PROMPT',
  UPDATE_RECORD: 'UPDATE_CRM_FIELD',
  NOTIFY: 'SEND_NOTIFICATION',
  EMAIL: 'SEND_EMAIL',
}

/** The step type of a node: its kind in upper case with `_`. Both spellings are accepted, in any case. */
export function stepTypeOf(kind: string): string {
  const upper = kind.toUpperCase().replaceAll('-', '_')
  return OTHER_NAMES[upper] ?? upper
}
