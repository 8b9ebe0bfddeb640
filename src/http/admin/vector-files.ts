import { z } from 'zod'
import { type SupplyDeps, suppliedAtMost, supplyVectors } from '../../moves/supplied/supply-vectors.ts'
import { parseTenantId } from '../../placement/tenant-id.ts'
import { type AnyRoute, route } from '../pipeline/route.ts'
import { listOfNumbers } from '../request/list-of-numbers.ts'

/** A thousand vectors of 3,072 numbers as JSON are about 40 MB; the command line sends parts of 2. */
const bodyLimitBytes = 8 * 1024 * 1024
const vectorsAtOnce = 1_000

/** The route by which a person supplies vectors for records without a text. */
export function vectorFileRoutes(deps: SupplyDeps): readonly AnyRoute[] {
  return [
    route({
      method: 'post',
      path: '/tenants/{id}/vector-files',
      access: { kind: 'staff', roles: ['platform'] },
      tag: 'moves',
      summary: 'Supply vectors for a reembed',
      description: `Vectors of the new model for records whose metadata has no text, in parts of up to ${vectorsAtOnce}: the first part begins a file, the others name it by \`file\`. A \`reembed\` takes it as \`vectorsFrom\`, and it is deleted with the end of the move, or after 7 days without one. A part may be sent again. A file holds up to ${suppliedAtMost} vectors.`,
      params: z.object({ id: z.string() }),
      bodyLimitBytes,
      body: z.object({
        file: z.uuid().optional().describe('The `id` that the first part was answered.'),
        model: z.string().max(100).describe('The model that made the vectors, by its name in the settings.'),
        vectors: z
          .array(
            z.object({
              id: z.string().min(1).max(512),
              values: listOfNumbers({ min: 1, max: 20_000 }, 'As many numbers as the model gives.'),
            }),
          )
          .min(1)
          .max(vectorsAtOnce),
      }),
      replies: {
        201: {
          description: 'The file so far',
          schema: z
            .object({
              id: z.uuid(),
              model: z.string(),
              records: z.int().describe('Vectors of the whole file.'),
              unknown: z.array(z.string()).describe('Ids of this part that no record has; they were left out.'),
              withText: z.int().describe('Records of this part with a text, of which the model makes the vector.'),
            })
            .meta({ id: 'VectorFile' }),
        },
      },
      handle: async ({ principal, params, body, signal }) => ({
        status: 201,
        json: await supplyVectors(deps, principal, parseTenantId(params.id), body, signal),
      }),
    }),
  ]
}
