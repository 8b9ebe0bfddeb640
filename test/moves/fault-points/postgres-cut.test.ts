import { sweepPoints, sweepWays } from './sweep-points.ts'

sweepPoints('its connections to Postgres are cut')
sweepWays('its connections to Postgres are cut')
