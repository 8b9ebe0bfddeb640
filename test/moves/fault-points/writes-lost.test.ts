import { sweepPoints, sweepWays } from './sweep-points.ts'

sweepPoints('the next writes of the store are lost')
sweepWays('the next writes of the store are lost')
