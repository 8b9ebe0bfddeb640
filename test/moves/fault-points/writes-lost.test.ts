import { sweepPoints } from './sweep-points.ts'

sweepPoints('the next writes of the store are lost')
