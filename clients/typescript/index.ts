/** Everything that `tenant-router-client` offers to apps that use no framework. */
export { answerOf, type Problem, TenantRouterError } from './answer.ts'
export type { components, operations, paths } from './api.ts'
export { type ClientOptions, createClient, type TenantRouterClient } from './client.ts'
export { type Passage, type SearchSettings, search } from './search.ts'
