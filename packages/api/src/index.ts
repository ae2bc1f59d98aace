export { ApiError } from './client/ApiError.ts'
export { createClient, type CallOptions, type Client, type ClientOptions } from './client/createClient.ts'
export { ROUTES, type RouteName, type Routes } from './routes/index.ts'
export { COMMON_ERRORS, type AnswerOf, type Parsed, type Route } from './routes/route.ts'
export { errorAnswer, type ErrorAnswer } from './schemas/errors.ts'
export type { Execution } from './schemas/executions.ts'
export { clientFrame, TOPICS, type ClientFrame, type Topic } from './socket/frames.ts'
export {
  controlMessage,
  runMessage,
  type ControlMessage,
  type RunMessage,
  type RunMessageType,
} from './socket/messages.ts'
