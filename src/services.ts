import type { Logger } from 'pino'
import { listenForTenantWrites } from './cache/postgres-tenant-writes.ts'
import type { Config } from './config/config.ts'
import type { Database } from './db/connect.ts'
import { firstContact } from './db/first-contact.ts'
import { refuseOldSchema } from './db/pending-migrations.ts'
import { adminRoutes } from './http/admin/admin-routes.ts'
import { createAdminApp } from './http/admin-app.ts'
import { vendorRoutes } from './http/pinecone/vendor-routes.ts'
import type { HttpKit } from './http/pipeline/kit.ts'
import type { AnyRoute } from './http/pipeline/route.ts'
import { openTraffic } from './http/pipeline/traffic.ts'
import { publicRoutes } from './http/public/public-routes.ts'
import { createPublicApp } from './http/public-app.ts'
import { routesToProbe } from './http/routes-to-probe.ts'
import { createLogger } from './log.ts'
import { embeddersOf } from './models/choose-embedder.ts'
import { openMoves, type ReplicaMover } from './mover/open-moves.ts'
import { Paces } from './moves/pace/pace-stores.ts'
import { RecentQueries } from './moves/verify/recent-queries.ts'
import { countedByTenant, countingCalls, openStores, openVerifier } from './parts/adapters.ts'
import { openAdopted } from './parts/adopted.ts'
import { openAnswerer } from './parts/answers.ts'
import { openAuditTrail } from './parts/audit-trail.ts'
import { openCaches } from './parts/caches.ts'
import { openConsole } from './parts/console.ts'
import { registryCounts } from './parts/counts.ts'
import { openDatabases } from './parts/databases.ts'
import { adoptedNames, openCursors } from './parts/door.ts'
import { openAnswerWords, openEmbedders } from './parts/embedders.ts'
import { openGuards } from './parts/guards.ts'
import { openIngest, queueBoundsOf } from './parts/ingest.ts'
import { openIsolation } from './parts/isolation.ts'
import { openKeys } from './parts/keys.ts'
import { openLimits } from './parts/limits.ts'
import { moveSettingsOf, openMoveModels, openQuestionModels } from './parts/moves.ts'
import type { Overrides } from './parts/overrides.ts'
import { readinessChecks } from './parts/readiness-checks.ts'
import { openReconciler } from './parts/reconcile.ts'
import { openReranker } from './parts/reranker.ts'
import { signingOf } from './parts/signing.ts'
import { staffFactsOf } from './parts/staff-facts.ts'
import { tenantSettingsOf } from './parts/tenant-settings.ts'
import { timedAnswerer, timedReranker } from './parts/timed-models.ts'
import { openTracing, tracedAnswerer } from './parts/tracing.ts'
import { startChunker } from './rag/chunks/chunker.ts'
import { LossWatch } from './rag/losses/loss-watch.ts'
import { ragMemory } from './rag/rag-memory.ts'
import { indexesWithoutModel } from './registry/indexes-without-model.ts'
import { refuseMissingProjects } from './registry/projects.ts'
import { RequestCounts } from './registry/usage/request-counts.ts'
import { forgetDeadSessions } from './routing/barrier.ts'
import { LeasedRoutes } from './routing/lease/leased-routes.ts'
import { meteredStore } from './stores/metered-store.ts'
import type { VectorStore } from './stores/store.ts'
import type { StoreCall } from './stores/store-calls.ts'
import { createTelemetry } from './telemetry/telemetry.ts'
import { openTenantWork, type TenantWork } from './tenants/onboard/tenant-work.ts'
import { startTenantSweep } from './tenants/sweep/tenant-sweep.ts'
import { version } from './version.ts'

/** One replica of the service, not listening yet. Disposing it ends everything that it opened. */
export interface Services extends AsyncDisposable {
  readonly config: Config
  readonly log: Logger
  readonly database: Database
  readonly stores: VectorStore
  readonly routes: LeasedRoutes
  readonly tenantWork: TenantWork
  readonly publicRoutes: readonly AnyRoute[]
  readonly adminRoutes: readonly AnyRoute[]
  readonly publicApp: ReturnType<typeof createPublicApp>
  readonly adminApp: ReturnType<typeof createAdminApp>
  /** Reports on `/readyz` that this replica is leaving, and takes no more uploads; it still serves requests. */
  drain(): void
  /** Ends event streams; their clients resume at another replica. */
  endStreams(): void
}

/**
 * Builds the service from its configuration: the only place that knows every part.
 *
 * @throws Error with one clear sentence when Postgres is unavailable or has an old schema, or when an index belongs to a
 *   Pinecone project that the configuration does not name.
 */
export async function startServices(config: Config, overrides: Overrides = {}): Promise<Services> {
  await using opening = new AsyncDisposableStack()
  const log = overrides.log ?? createLogger({ level: config.log.level })
  const telemetry = createTelemetry({ version })
  const tracer = opening.use(await openTracing(config, log))
  const databases = opening.use(openDatabases(config, log, tracer))
  const { main: database, lease: leaseDatabase } = databases
  await firstContact(config.databaseUrl.reveal(), () => refuseOldSchema(database))
  for (const words of await indexesWithoutModel(database.db, config.embeddingModels)) log.error(words)
  await refuseMissingProjects(database.db, config.pinecone.projects)

  const paces = new Paces()
  const guards = opening.use(openGuards(config, { log, telemetry, loopDelay: overrides.loopDelay }))
  const counted = countingCalls(telemetry, paces)
  const onCall = (call: StoreCall) => {
    counted.ofServing(call)
    moves?.noteCall(call)
  }
  let moves: ReplicaMover | undefined
  const plainStores = overrides.stores ?? opening.use(openStores(config, { onCall, guards: guards.store, tracer }))
  const models = await openEmbedders(config, { telemetry, tracer, guards, replacements: overrides }, opening)
  const chunker = opening.use(startChunker())
  const words = await openAnswerWords(config.embedding)
  const answerer = overrides.answerer ?? opening.use(await openAnswerer(config.answer, words, tracer, guards.answers))
  const measured = timedAnswerer(answerer, telemetry.steps)
  const writer = tracer === undefined ? measured : tracedAnswerer(measured, tracer, config.answer.provider)
  const { cache, embeddings, forget } = openCaches({ ...config.cache, quietMs: overrides.cacheQuietMs }, telemetry)
  const onFault = (error: unknown) => log.warn({ err: error }, 'a call to Postgres failed')
  const writes = opening.use(await listenForTenantWrites({ database, cache, onFault }))
  const { db } = database
  const keys = opening.use(openKeys({ db, routes: () => routes, onFault }))
  const verifier = opening.use(openVerifier(config.jwt, telemetry, keys.verify))
  const { sessionLeaseMs: leaseMs, storeInDoubtMs, storeVisibleMs } = config.moves
  const routes: LeasedRoutes = new LeasedRoutes(leaseDatabase, {
    leaseMs,
    storeInDoubtMs,
    holdMs: config.moves.fenceBudgetMs,
    outageReads: config.registryOutageReads,
    onError: onFault,
    onHung: () => leaseDatabase.replace(),
    onChanged(tenantId) {
      forget(tenantId)
      keys.forget(tenantId)
    },
    onHeld: telemetry.writesHeld.inc,
  })
  opening.use(routes)
  await routes.start()
  await forgetDeadSessions(db)
  const requests = opening.use(new RequestCounts(db, { onError: onFault }))
  const stores = meteredStore(plainStores, requests.noteUse)
  const signing = signingOf(config)
  opening.use(await openAuditTrail(config, { db, log, ...signing }, overrides))
  const limits = opening.use(
    openLimits(config, {
      db,
      routes,
      onFault,
      clock: overrides.limitsClock,
      tracer,
      onUsed: requests.noteTokens,
      onWritten: requests.noteWritten,
    }),
  )
  const embedders = embeddersOf(
    models.map((one) => ({ ...limits.metered(one.embedder, one.provider), ...one.forSearch })),
  )

  const tenantSettings = tenantSettingsOf(config, overrides)
  const tenantWork = opening.use(openTenantWork({ db, stores, settings: tenantSettings, log, ...signing }))
  opening.use(startTenantSweep(tenantWork, { everyMs: 30_000 }))
  const settings = { ...moveSettingsOf(config, tenantSettings), ...overrides.moveSettings }
  const adopted = openAdopted(config, { db, routes, stores, paces, log, onFault }, opening, overrides)
  const questionModels = openQuestionModels(models, settings)
  const recentQueries = opening.use(new RecentQueries({ models: questionModels }))
  opening.use(openReconciler(config, { db, stores, log }, overrides.reconcile))
  const reports = { onCall: counted.ofMover, onUse: requests.noteUse, onDeath: telemetry.moverDied }
  const ofMoves = { models: openMoveModels(models, settings), recentQueries, paces, at: overrides.atMovePoint, reports }
  const mover = opening.use(await openMoves(config, { database, stores, log, settings, ...ofMoves }, overrides))
  moves = mover
  const openCircuits = () => [...guards.open(), ...mover.openCircuits()]
  telemetry.read({ ...registryCounts(db), isDeaf: databases.isDeaf, moverIsUp: mover.isUp, openCircuits })

  const [draining, streamsEnd] = [new AbortController(), new AbortController()]
  const kit: HttpKit = {
    traffic: opening.use(openTraffic()),
    verify: verifier.verify,
    admit: limits.admit,
    ownNames: adoptedNames(routes),
    keys: db,
    meter: countedByTenant(telemetry.http, requests),
    log,
    draining: draining.signal,
    streamsEnd: streamsEnd.signal,
    ...(tracer && { tracer }),
  }
  const watched = { db, routes, stores, settings: { storeVisibleMs }, log }
  const losses = opening.use(new LossWatch(watched, { everyMs: overrides.lossEveryMs ?? 60_000 }))
  const ragParts = {
    db,
    ...adopted,
    noteUnnamed: requests.noteUnnamed,
    routes,
    stores,
    embedders,
    chunker,
    writes,
    losses,
    memory: ragMemory(),
    tracer,
    settings: { storeInDoubtMs, storeVisibleMs, retrieveMode: config.retrieveMode },
  }
  const ingestParts = { ...ragParts, database, telemetry, log, draining: draining.signal }
  opening.use(await openIngest(config, ingestParts, overrides.ingest))
  const ownRoutes = publicRoutes({
    ...ragParts,
    cache,
    embeddings,
    recentQueries,
    queueBounds: queueBoundsOf(config),
    mcpOrigins: config.http.mcpOrigins,
    answerSettings: config.answer,
    reranker: timedReranker(openReranker(config.rerank, tracer, guards.reranks), telemetry.steps),
    answerer: limits.meteredAnswers(writer),
  })
  const forTenants = [...ownRoutes, ...vendorRoutes({ ...ragParts, recentQueries, cursors: openCursors(config) })]
  const forStaff = adminRoutes({
    ...tenantWork,
    settings,
    crm: telemetry.crm,
    moveModels: questionModels,
    storeMs: telemetry.store.meanMs,
    ...staffFactsOf(config),
  })
  const publicApp = createPublicApp({ ...kit, ...guards.http, routes: forTenants, version })
  const checks = readinessChecks({ database, routes, stores, pinecone: config.pinecone })
  const mount = openConsole(config, { db, routes: forStaff, forTenants, log, streamsEnd: streamsEnd.signal })
  const shown = { checks, mount, hosts: config.http.adminHosts }
  const adminApp = createAdminApp({ ...kit, routes: forStaff, version, telemetry, ...shown })
  const probed = { publicApp, adminApp, routes: routesToProbe(forTenants, forStaff) }
  opening.use(
    openIsolation(config, { db, stores, tenantWork, moveSettings: settings, log, ...probed }, overrides.isolation),
  )
  const resources = opening.move()
  return {
    config,
    log,
    database,
    stores,
    routes,
    tenantWork,
    publicRoutes: forTenants,
    adminRoutes: forStaff,
    publicApp,
    adminApp,
    drain: () => draining.abort(),
    endStreams: () => streamsEnd.abort(),
    async [Symbol.asyncDispose]() {
      draining.abort()
      streamsEnd.abort()
      await resources.disposeAsync()
    },
  }
}
