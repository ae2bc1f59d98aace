import { filesOfPatch } from './player/patch.ts'
import { isInside } from './player/paths.ts'
import { RECORDED_FAILURES } from './recording.ts'

/** One thing that is wrong, and where, e.g. `rules[0].events[2].write.path`. */
export interface RecordingIssue {
  readonly at: string
  readonly problem: string
}

/** Everything that is wrong with a recording; it is a `Recording` when the list is empty. */
export function recordingIssues(value: unknown): readonly RecordingIssue[] {
  const found: RecordingIssue[] = []
  const issue = (at: string, problem: string): void => void found.push({ at, problem })
  if (!isObject(value)) return [{ at: '', problem: 'is no JSON object' }]
  if (value['holdfastRecording'] !== 1) issue('holdfastRecording', 'must be 1, the version of the format')
  unknownKeys(value, ['holdfastRecording', 'rules'], '', issue)
  if (!Array.isArray(value['rules'])) issue('rules', 'must be a list')
  else value['rules'].forEach((rule, index) => checkRule(rule, `rules[${index}]`, issue))
  return found
}

type Report = (at: string, problem: string) => void
type Fields = Readonly<Record<string, unknown>>

function checkRule(rule: unknown, at: string, issue: Report): void {
  if (!isObject(rule)) return issue(at, 'must be an object')
  unknownKeys(rule, ['when', 'model', 'events', 'answer'], at, issue)
  optional(rule, 'model', 'string', at, issue)
  checkWhen(rule['when'], `${at}.when`, issue)
  const events = rule['events'] ?? []
  if (!Array.isArray(events)) issue(`${at}.events`, 'must be a list')
  else events.forEach((event, index) => checkEvent(event, `${at}.events[${index}]`, issue))
  checkAnswer(rule['answer'], `${at}.answer`, issue)
}

function checkWhen(when: unknown, at: string, issue: Report): void {
  if (!isObject(when)) return issue(at, 'must be an object with step, prompt or call')
  unknownKeys(when, ['step', 'prompt', 'call'], at, issue)
  optional(when, 'step', 'string', at, issue)
  optional(when, 'prompt', 'string', at, issue)
  if (typeof when['prompt'] === 'string') {
    try {
      RegExp(when['prompt'], 'i')
    } catch (error) {
      issue(
        `${at}.prompt`,
        `is no regular expression: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }
  const call = when['call']
  if (call !== undefined && !(Number.isInteger(call) && (call as number) > 0)) {
    issue(`${at}.call`, 'must be a whole number from 1')
  }
}

const ACTIONS: Readonly<Record<string, (value: unknown, at: string, issue: Report) => void>> = {
  text: aText,
  tool: aText,
  waitForFile: (value, at, issue) => aPath(value, at, issue),
  write: (value, at, issue) => someTexts(value, ['content'], at, issue),
  edit: (value, at, issue) => someTexts(value, ['old', 'new'], at, issue),
  delete: (value, at, issue) => someTexts(value, [], at, issue),
  patch: checkPatch,
  shell: checkShell,
  usage: checkUsage,
}

function checkEvent(event: unknown, at: string, issue: Report): void {
  if (!isObject(event)) return issue(at, 'must be an object')
  unknownKeys(event, ['delayMs', ...Object.keys(ACTIONS)], at, issue)
  const delay = event['delayMs']
  if (delay !== undefined && !(typeof delay === 'number' && delay >= 0))
    issue(`${at}.delayMs`, 'must be milliseconds')
  const actions = Object.keys(ACTIONS).filter((action) => action in event)
  if (actions.length !== 1) issue(at, `must hold exactly one of ${Object.keys(ACTIONS).join(', ')}`)
  for (const action of actions) ACTIONS[action]?.(event[action], `${at}.${action}`, issue)
}

function someTexts(value: unknown, names: readonly string[], at: string, issue: Report): void {
  if (!isObject(value)) return issue(at, 'must be an object')
  unknownKeys(value, ['path', ...names], at, issue)
  aPath(value['path'], `${at}.path`, issue)
  for (const name of names) aText(value[name], `${at}.${name}`, issue)
}

function checkPatch(value: unknown, at: string, issue: Report): void {
  if (typeof value !== 'string') return issue(at, 'must be a unified diff')
  try {
    for (const { path } of filesOfPatch(value)) aPath(path, at, issue)
  } catch (error) {
    issue(at, error instanceof Error ? error.message : String(error))
  }
}

function checkShell(value: unknown, at: string, issue: Report): void {
  if (!isObject(value)) return issue(at, 'must be an object with a command')
  unknownKeys(value, ['command', 'allowFailure'], at, issue)
  aText(value['command'], `${at}.command`, issue)
  optional(value, 'allowFailure', 'boolean', at, issue)
}

const COUNTS = [
  'inputTokens',
  'outputTokens',
  'cachedReadTokens',
  'cachedWriteTokens',
  'reasoningTokens',
  'costUsd',
]

function checkUsage(value: unknown, at: string, issue: Report): void {
  if (!isObject(value)) return issue(at, 'must be an object')
  unknownKeys(value, COUNTS, at, issue)
  for (const [name, count] of Object.entries(value)) {
    const whole = name === 'costUsd' || Number.isInteger(count)
    if (!(typeof count === 'number' && Number.isFinite(count) && count >= 0 && whole)) {
      issue(`${at}.${name}`, 'must be a number from 0')
    }
  }
}

function checkAnswer(answer: unknown, at: string, issue: Report): void {
  if (!isObject(answer)) return issue(at, 'must be an object with text or fail')
  const fail = answer['fail']
  if (fail === undefined) {
    unknownKeys(answer, ['text', 'output', 'stopReason'], at, issue)
    aText(answer['text'], `${at}.text`, issue)
    return optional(answer, 'stopReason', 'string', at, issue)
  }
  unknownKeys(answer, ['fail'], at, issue)
  if (!isObject(fail)) return issue(`${at}.fail`, 'must be an object with code and message')
  aText(fail['message'], `${at}.fail.message`, issue)
  if (!(RECORDED_FAILURES as readonly unknown[]).includes(fail['code'])) {
    issue(`${at}.fail.code`, `must be one of ${RECORDED_FAILURES.join(', ')}`)
  }
}

function aText(value: unknown, at: string, issue: Report): void {
  if (typeof value !== 'string') issue(at, 'must be a text')
}

function aPath(value: unknown, at: string, issue: Report): void {
  if (typeof value !== 'string' || !isInside(value))
    issue(at, 'must be a path that stays in the folder of the step')
}

function optional(of: Fields, name: string, type: 'string' | 'boolean', at: string, issue: Report): void {
  if (of[name] !== undefined && typeof of[name] !== type) issue(`${at}.${name}`, `must be a ${type}`)
}

function unknownKeys(of: Fields, known: readonly string[], at: string, issue: Report): void {
  for (const name of Object.keys(of)) {
    if (!known.includes(name))
      issue(at === '' ? name : `${at}.${name}`, `is not known; known are ${known.join(', ')}`)
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
