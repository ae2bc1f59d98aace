import type { AgentActivity } from '@holdfast/workflow-sdk/ports'
import type { PersonsMessage } from './Conversation.ts'

/** Characters of a transcript that a new session begins with, and of one entry of it. */
const TRANSCRIPT_CHARACTERS = 24_000
const ENTRY_CHARACTERS = 2000

/** A prompt, and after it what people wrote meanwhile. */
export function withMessages(prompt: string, messages: readonly PersonsMessage[], mayKnow: boolean): string {
  if (messages.length === 0) return prompt
  return [prompt, ...messages.map(said), ...(mayKnow ? [MAY_KNOW] : [])].join('\n\n')
}

/** The prompt of a turn that is about messages alone. */
export function aboutMessages(messages: readonly PersonsMessage[], stopped: boolean): string {
  return [...messages.map(said), stopped ? GO_ON : TAKE_IN].join('\n\n')
}

/** A prompt for a session that begins anew, with what people wrote to the agents before it. */
export function withEarlierMessages(prompt: string, told: readonly PersonsMessage[]): string {
  if (told.length === 0) return prompt
  const heading = 'While an earlier session worked on this, people wrote to it:'
  return [prompt, heading, ...told.map(said)].join('\n\n')
}

/**
 * The prompt of a session that takes the place of one that is gone: the task, and the end of what the lost one said
 * and did, at most {@link TRANSCRIPT_CHARACTERS} characters of it.
 */
export function withTranscript(prompt: string, activities: readonly AgentActivity[]): string {
  const lines: string[] = []
  let room = TRANSCRIPT_CHARACTERS
  let left = activities.length
  for (const activity of activities.toReversed()) {
    const line = entry(activity)
    if (line.length > room) break
    room -= line.length + 1
    left--
    lines.unshift(line)
  }
  const what =
    lines.length === 0
      ? 'Nothing is known of what it said and did.'
      : `What it said and did${left === 0 ? '' : ` (the first ${left} entries are left out)`}:\n${lines.join('\n')}`
  return `${prompt}\n\nAn earlier session worked on this task and is gone. The files are as it left them. ${what}\n\nLook at the files, do not repeat what is done, and finish the task.`
}

const GO_ON =
  'Your work was interrupted for this. Take it into account, look at the current state of the files, and continue with the task from where you were.'
const TAKE_IN = 'Take it into account.'
const MAY_KNOW = '(What people wrote may have reached you before your process was interrupted.)'

function said({ by, text }: PersonsMessage): string {
  return `${by ?? 'A person'} wrote to you:\n${text}`
}

function entry({ kind, text }: AgentActivity): string {
  const words = text.trim()
  const short = words.length > ENTRY_CHARACTERS ? `${words.slice(0, ENTRY_CHARACTERS)}…` : words
  return `- ${LABEL[kind]}: ${short}`
}

const LABEL = { text: 'said', tool: 'did', notice: 'was told' } as const
