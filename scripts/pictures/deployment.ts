import { arrow, box, page, text } from './svg.ts'

/** The parts of a deployment: who calls whom, and what the loss of each part costs. */
export function deploymentPicture(): string {
  return page({
    width: 960,
    height: 520,
    title:
      'A deployment: callers, balancer, replicas, Postgres, the vector store, the identity provider and the models',
    body: [
      text(20, 28, 'A deployment: equal replicas, one Postgres, no leader', 'name'),
      box({
        x: 20,
        y: 70,
        width: 170,
        height: 60,
        title: "Tenants' apps",
        lines: ['agents, tokens of tenants'],
        tone: 'caller',
      }),
      box({
        x: 20,
        y: 216,
        width: 170,
        height: 60,
        title: 'Staff, tenant-router',
        lines: ['tokens with roles'],
        tone: 'caller',
      }),
      box({
        x: 20,
        y: 312,
        width: 170,
        height: 60,
        title: 'Prometheus, probes',
        lines: ['/metrics /livez /readyz'],
        tone: 'caller',
      }),
      box({ x: 236, y: 70, width: 130, height: 60, title: 'Balancer', lines: ['by /readyz'], tone: 'outside' }),

      '<rect class="frame" x="404" y="50" width="230" height="344" rx="8"/>',
      ...[0, 1, 2].map((at) =>
        box({
          x: 424,
          y: 70 + at * 106,
          width: 190,
          height: 92,
          title: at === 2 ? 'Replica …' : `Replica ${at + 1}`,
          lines: [':8080 public, :8081 admin', 'routes under a lease', 'moves and uploads it took'],
          tone: 'router',
        }),
      ),
      text(424, 386, 'npm run serve; nothing to lose', 'small'),

      box({
        x: 700,
        y: 60,
        width: 240,
        height: 62,
        title: 'Vector store: Pinecone',
        lines: ['one project or several'],
        tone: 'store',
      }),
      box({
        x: 700,
        y: 142,
        width: 240,
        height: 62,
        title: 'Embedding endpoint',
        lines: ['OpenAI-compatible'],
        tone: 'outside',
      }),
      box({
        x: 700,
        y: 224,
        width: 240,
        height: 62,
        title: 'Chat model, reranker',
        lines: ['optional'],
        tone: 'outside',
      }),
      box({
        x: 700,
        y: 306,
        width: 240,
        height: 62,
        title: 'Identity provider',
        lines: ['keys by JWKS, cached'],
        tone: 'outside',
      }),
      box({
        x: 404,
        y: 436,
        width: 230,
        height: 66,
        title: 'Postgres, one primary',
        lines: ['registry, change log, moves,', 'sessions, uploads, limits'],
        tone: 'registry',
      }),

      arrow([
        [190, 100],
        [234, 100],
      ]),
      arrow([
        [366, 92],
        [422, 92],
      ]),
      arrow([
        [366, 104],
        [392, 104],
        [392, 200],
        [422, 200],
      ]),
      arrow([
        [392, 200],
        [392, 304],
        [422, 304],
      ]),
      arrow([
        [190, 246],
        [422, 246],
      ]),
      arrow([
        [190, 342],
        [422, 342],
      ]),
      text(204, 238, ':8081, not by the balancer', 'small'),
      arrow([
        [634, 120],
        [698, 91],
      ]),
      arrow([
        [634, 180],
        [698, 173],
      ]),
      arrow([
        [634, 240],
        [698, 255],
      ]),
      arrow([
        [634, 300],
        [698, 337],
      ]),
      arrow([
        [519, 394],
        [519, 434],
      ]),
      text(20, 450, 'Postgres unavailable: reads and writes go on for the lease', 'small'),
      text(20, 468, '(10 s), then reads alone for five minutes.', 'small'),
      text(20, 486, 'A replica lost: its moves and uploads are taken over.', 'small'),
      text(650, 460, 'LISTEN/NOTIFY: a change is heard', 'small'),
      text(650, 478, 'at once, at the latest after a lease', 'small'),
    ],
  })
}
