import { sweepPoints } from './sweep-points.ts'

sweepPoints('its connections to Postgres are cut')
