import { sweepPoints, sweepWays } from './sweep-points.ts'

sweepWays('the next writes of the store are applied and not answered')
sweepPoints('the next writes of the store are applied and not answered')
