import { sweepPoints } from './sweep-points.ts'

sweepPoints('the mover dies')
