import type { AgentObserver } from '@holdfast/workflow-sdk/ports'
import { object, parseObject } from '../programs/fields.ts'
import type { Retold } from '../programs/retell.ts'
import { Updates } from './Updates.ts'

/** Reads a session file of the protocol: of each turn what came after its prompt, which stands in a note `sent`. */
export function retoldUpdates(observer: AgentObserver): Retold {
  let updates = new Updates(observer)
  return {
    accept: (line) => {
      const message = parseObject(line)
      if (message === null) return
      if (message['event'] === 'started') {
        updates.end()
        updates = new Updates(observer)
      }
      if (object(message['message'])?.['method'] === 'session/prompt') updates.prompted()
      const params = object(message['params'])
      if (message['method'] === 'session/update') updates.accept(object(params?.['update']) ?? {})
    },
    end: () => updates.end(),
  }
}
