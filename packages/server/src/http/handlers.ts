import type { AnswerOf, Parsed, Route, RouteName, Routes } from '@holdfast/api'
import type { FastifyRequest } from 'fastify'
import type { OwnFile } from '@holdfast/runtime'

type PartOf<R, K extends string> = R extends Readonly<Record<K, infer T>> ? Parsed<T> : undefined

/** A checked request. */
export interface Call<R extends Route> {
  readonly params: PartOf<R, 'params'>
  readonly query: PartOf<R, 'query'>
  readonly body: PartOf<R, 'body'>
  /** Who asks, for audit trails. */
  readonly by: string
  readonly request: FastifyRequest
}

/** A file that is streamed as an answer. It is closed when it is sent. */
export interface FileAnswer {
  readonly file: OwnFile
  /** What the caller's file is called. */
  readonly name: string
  readonly mimeType: string
}

/** Does what a route says, or throws a `WorkflowError`. */
export type Handler<R extends Route> = (
  call: Call<R>,
) => Promise<R['answer'] extends 'file' ? FileAnswer : AnswerOf<R>>

/** A handler for each of these operations. */
export type Handlers<K extends RouteName = RouteName> = { readonly [N in K]: Handler<Routes[N]> }
