import { sweepPoints, sweepWays } from './sweep-points.ts'

sweepWays('its connections to Postgres are cut')
sweepPoints('its connections to Postgres are cut')
