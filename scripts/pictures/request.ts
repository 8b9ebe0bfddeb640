import { arrow, box, page, text } from './svg.ts'

/** One request, from the app to the only place that it can reach. */
export function requestPicture(): string {
  return page({
    width: 960,
    height: 500,
    title: 'A request: its token names the tenant, the routing names the place, and that place is in a pool or a silo',
    body: [
      text(20, 28, 'A request reaches the place of the tenant that its token names, and no other', 'name'),
      box({
        x: 20,
        y: 60,
        width: 200,
        height: 62,
        title: 'App of Acme Bikes',
        lines: ['POST /retrieve', 'Authorization: Bearer …'],
        tone: 'caller',
      }),
      box({
        x: 20,
        y: 150,
        width: 200,
        height: 62,
        title: 'App of Harbor Bank',
        lines: ['{"tenant_id": "acme-bikes"}', 'Authorization: Bearer …'],
        tone: 'caller',
      }),

      '<rect class="frame" x="260" y="46" width="420" height="330" rx="8"/>',
      text(276, 366, 'tenant-router, any replica', 'small'),
      box({
        x: 280,
        y: 70,
        width: 170,
        height: 128,
        title: '1  Token',
        lines: ['signature, expiry', 'tenant = a claim', 'names in the request', 'are dropped, counted'],
        tone: 'router',
      }),
      box({
        x: 490,
        y: 70,
        width: 170,
        height: 128,
        title: '2  Routing',
        lines: ['tenant → place', 'remembered under', 'a lease of 10 s', 'no call to Postgres'],
        tone: 'heart',
      }),
      box({
        x: 490,
        y: 250,
        width: 170,
        height: 94,
        title: '3  Store handle',
        lines: ['opened with the place,', 'can name no other'],
        tone: 'router',
      }),
      box({
        x: 280,
        y: 250,
        width: 170,
        height: 94,
        title: '4  Answer',
        lines: ['an empty one is checked', 'against the inventory'],
        tone: 'router',
      }),
      arrow([
        [220, 91],
        [278, 110],
      ]),
      arrow([
        [220, 181],
        [278, 160],
      ]),
      arrow([
        [450, 134],
        [488, 134],
      ]),
      arrow([
        [575, 198],
        [575, 248],
      ]),
      arrow([
        [490, 297],
        [452, 297],
      ]),
      arrow([
        [280, 297],
        [120, 297],
        [120, 214],
      ]),
      text(134, 288, 'or a problem', 'small'),

      box({
        x: 490,
        y: 408,
        width: 170,
        height: 64,
        title: 'Postgres: registry',
        lines: ['where each tenant lives'],
        tone: 'registry',
      }),
      '<path class="dashed" d="M660 440L704 440L704 222L640 222L640 200"/>',
      text(476, 437, 'past the lease, or when a route', 'small end'),
      text(476, 454, 'changes: read again, NOTIFY', 'small end'),

      '<rect class="frame" x="722" y="46" width="224" height="198" rx="8"/>',
      text(734, 70, 'Pool: a shared index', 'name'),
      box({ x: 734, y: 84, width: 200, height: 40, title: 'tenant_acme-bikes_g1', tone: 'store' }),
      box({ x: 734, y: 132, width: 200, height: 40, title: 'tenant_harbor-bank_g1', tone: 'store' }),
      box({ x: 734, y: 180, width: 200, height: 40, title: '… a namespace each', tone: 'plain' }),
      '<rect class="frame" x="722" y="290" width="224" height="112" rx="8"/>',
      text(734, 314, 'Silo: an index of its own', 'name'),
      box({ x: 734, y: 328, width: 200, height: 40, title: 'tenant_big-corp_g2', tone: 'store' }),
      text(734, 390, 'one tenant, after promote', 'small'),
      arrow([
        [660, 280],
        [694, 280],
        [694, 152],
        [732, 152],
      ]),
      '<path class="dashed" d="M660 322L720 338"/>',
    ],
  })
}
