import { statsModel } from '../../pinecone-wire/describe-answers.ts'
import { refuseStatsFilter } from '../../pinecone-wire/read-requests.ts'
import { json, type LocalAnswer } from '../shapes/answer.ts'
import type { DataCall } from './call.ts'

/** POST /describe_index_stats: counts by namespace. */
export function indexStats({ engine, index, body, version }: DataCall): LocalAnswer {
  refuseStatsFilter(body)
  const namespaces = [...index.namespaces.keys()].flatMap((name) => engine.visible(index, name) ?? [])
  return json(statsModel(namespaces, index.config.vector, version))
}
