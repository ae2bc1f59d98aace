import { z } from 'zod'
import { idParams, pageOf, pageQuery } from '../schemas/common.ts'
import { project } from '../schemas/definitions.ts'
import { route } from './route.ts'

const tag = 'projects'

/** Routes about projects. */
export const projectRoutes = {
  listProjects: route({
    method: 'GET',
    path: '/projects',
    tag,
    summary: 'Projects of the store',
    query: z.strictObject(pageQuery),
    status: 200,
    answer: pageOf(project),
    errors: ['OPTION_INVALID'],
  }),
  createProject: route({
    method: 'POST',
    path: '/projects',
    tag,
    summary: 'Make a folder of the server known as a project, and find its workflows',
    body: z.strictObject({
      path: z.string().min(1).max(4096),
      name: z.string().min(1).max(200).optional(),
    }),
    status: 201,
    answer: project,
    errors: ['FILE_NOT_FOUND', 'PATH_OUTSIDE_PROJECT'],
  }),
  getProject: route({
    method: 'GET',
    path: '/projects/:id',
    tag,
    summary: 'One project',
    params: idParams,
    status: 200,
    answer: project,
    errors: ['RECORD_NOT_FOUND'],
  }),
  updateProject: route({
    method: 'PATCH',
    path: '/projects/:id',
    tag,
    summary: 'Rename a project',
    params: idParams,
    body: z.strictObject({ name: z.string().min(1).max(200) }),
    status: 200,
    answer: project,
    errors: ['RECORD_NOT_FOUND'],
  }),
  deleteProject: route({
    method: 'DELETE',
    path: '/projects/:id',
    tag,
    summary: 'Remove a project with its workflows, prompts and runs from the store; no file is touched',
    params: idParams,
    status: 204,
    answer: null,
    errors: ['RECORD_NOT_FOUND', 'RECORD_CONFLICT'],
  }),
} as const
