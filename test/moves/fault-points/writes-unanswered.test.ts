import { sweepPoints, sweepWays } from './sweep-points.ts'

sweepPoints('the next writes of the store are applied and not answered')
sweepWays('the next writes of the store are applied and not answered')
