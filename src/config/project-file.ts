import { z } from 'zod'
import type { Project } from '../placement/choose-project.ts'
import { entriesIn, plainUrl, variableName } from './file-entries.ts'
import { jsonFileOf } from './json-file.ts'
import { Secret } from './secret.ts'
import type { SettingReader } from './setting-reader.ts'

/** A Pinecone project with its API key. */
export interface ProjectSettings extends Project {
  readonly apiKey: Secret
  /** Undefined: the SDK's default. */
  readonly controllerHost?: string
}

/** The name of the project in the plain variables. */
export const defaultProject = 'default'

const region = z.string('must be text').regex(/^[a-z0-9-]{1,40}$/, 'must be a region of the cloud, as in eu-west-1')

const entry = z.strictObject({
  name: z
    .string('must be text')
    .regex(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/, 'must be up to 40 lower-case letters, digits and hyphens'),
  apiKeyVariable: variableName,
  controllerHost: plainUrl.optional(),
  cloud: z.enum(['aws', 'gcp', 'azure'], 'must be one of aws, gcp, azure'),
  region,
  regions: z.array(region, 'must be a list of regions').optional(),
  indexLimit: z.int('must be a whole number').min(1, 'must be at least 1').max(100_000, 'must be at most 100000'),
  // None: it is being given up and takes nothing new.
  holds: z.array(z.enum(['pool', 'silo'], 'must be pool or silo'), 'must be a list of pool and silo'),
})

type Entry = z.infer<typeof entry>

/**
 * The projects in the file of `PINECONE_PROJECTS`, in order; none when it is not set. The reader collects every fault
 * of the file with its entry and field, and no value that could be a key.
 * @param first the project of the plain variables, which no entry may repeat.
 */
export function projectsOfFile(read: SettingReader, first: ProjectSettings): readonly ProjectSettings[] | undefined {
  const file = jsonFileOf(read, 'PINECONE_PROJECTS', listRemedy)
  if (file === undefined) return undefined
  const projects: ProjectSettings[] = []
  const names = new Set([first.name])
  const fault = (wrong: string, remedy: string) => read.fault('PINECONE_PROJECTS', wrong, remedy)
  const nameOf = (candidate: unknown) => partsOf(candidate).name
  const options = { entry, remedy: listRemedy, nameOf }
  for (const { where, candidate, data } of entriesIn(read, 'PINECONE_PROJECTS', file, options)) {
    const { name, apiKeyVariable } = partsOf(candidate)
    if (name !== undefined && names.has(name)) fault(`has in ${where} a name that is taken`, alone)
    if (name !== undefined) names.add(name)
    const key = apiKeyVariable === undefined ? undefined : read.variable(apiKeyVariable)
    if (apiKeyVariable !== undefined && key === undefined) {
      fault(`names ${apiKeyVariable} in ${where}, which is not set`, 'set it to the key of the project')
    }
    if (data === undefined) continue
    const project = projectOf(data, new Secret(key ?? ''))
    const twin = [first, ...projects].find((other) => isSame(other, project))
    if (twin !== undefined) fault(`has in ${where} the key of project ${twin.name}`, alone)
    projects.push(project)
  }
  return projects
}

const alone = 'give each project a name and a key of its own'

const listRemedy = 'set the path of a JSON file with a list of projects, as in the README'

function projectOf({ apiKeyVariable: _, controllerHost, ...facts }: Entry, apiKey: Secret): ProjectSettings {
  const host = controllerHost === undefined ? {} : { controllerHost }
  return { ...facts, regions: facts.regions ?? [], apiKey, ...host }
}

/** One key at one address is one project: listed twice, its indexes would be counted twice and their names collide. */
function isSame(one: ProjectSettings, other: ProjectSettings): boolean {
  const key = one.apiKey.reveal()
  return key !== '' && key === other.apiKey.reveal() && one.controllerHost === other.controllerHost
}

/** The valid parts of an entry that has faults elsewhere. */
function partsOf(candidate: unknown): {
  readonly name?: string | undefined
  readonly apiKeyVariable?: string | undefined
} {
  const { name, apiKeyVariable } = Object(candidate)
  return {
    name: entry.shape.name.safeParse(name).data,
    apiKeyVariable: entry.shape.apiKeyVariable.safeParse(apiKeyVariable).data,
  }
}
