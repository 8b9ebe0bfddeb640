import { sweepPoints, sweepWays } from './sweep-points.ts'

sweepWays('the next writes of the store are lost')
sweepPoints('the next writes of the store are lost')
