import { AppError } from '../../errors.ts'
import type { TenantSettings } from '../places/settings.ts'

/** The name of a configured Pinecone project, by default the first. @throws AppError `invalid_request` */
export function knownProject({ projects }: Pick<TenantSettings, 'projects'>, name: string | undefined): string {
  const project = name === undefined ? projects[0] : projects.find((one) => one.name === name)
  if (project !== undefined) return project.name
  const message = `must be a configured Pinecone project: ${projects.map((one) => one.name).join(', ')}`
  throw new AppError('invalid_request', `project: ${message}`, { faults: [{ path: 'project', message }] })
}
