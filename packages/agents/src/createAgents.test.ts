import { expect, test } from 'vitest'
import { claude, claudeWith, replay } from './author/index.ts'
import { createAgents } from './createAgents.ts'

test('[AG1] an unknown name is AGENT_UNKNOWN and names the known ones', () => {
  const agents = createAgents()
  expect(agents.list().map(({ name }) => name)).toEqual(['claude', 'codex', 'gemini', 'acp', 'replay'])
  expect(() => agents.get('clyde')).toThrow(
    expect.objectContaining({
      code: 'AGENT_UNKNOWN',
      message: expect.stringContaining('claude, codex, gemini, acp, replay'),
    }),
  )
})

test('[AG1] an adapter of the options takes the place of one with its name', () => {
  const mine = { ...createAgents().get('replay'), name: 'claude' }
  expect(createAgents({ adapters: [mine] }).get('claude')).toBe(mine)
})

test('[AG1] references are plain JSON that names a registered adapter', () => {
  const references = [claude, claudeWith({ model: 'opus' }), replay({ recording: 'r.json', timeScale: 0 })]
  expect(JSON.parse(JSON.stringify(references))).toEqual(references)
  const agents = createAgents()
  expect(references.map(({ agent }) => agents.get(agent).name)).toEqual(['claude', 'claude', 'replay'])
})
