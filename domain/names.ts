/** Names that others gave or people type, each by one pattern. */

import { z } from 'zod'
import { expects } from './expected.ts'

/** Names that people type at 3 a.m.: short, lower case, no blanks. */
export const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, expects('a short name: a-z, 0-9 and -', '短い名前（a-z、0-9、-）'))

/** The same, where the name of a runbook is meant. */
export const runbookName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, expects('the name of a runbook', 'Runbook の名前'))

/** `backend`, or `shodo/backend` where several systems have one. */
export const placedName = z
  .string()
  .regex(
    /^([a-z0-9][a-z0-9-]{0,39}\/)?[a-z0-9][a-z0-9-]{0,39}$/,
    expects('a service such as backend or shodo/backend', 'backend や shodo/backend のようなサービス名'),
  )

/** `shodo-42`: also the name of a folder and a part of others' names. */
export const incidentId = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,39}-\d{1,9}$/,
    expects('the id of an incident such as shodo-42', 'shodo-42 のようなインシデント ID'),
  )

/** Names that Kubernetes gives to objects (RFC 1123 subdomain). */
export const kubernetesName = z
  .string()
  .max(253)
  .regex(
    /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/,
    expects('a Kubernetes name: a-z, 0-9, - and .', 'Kubernetes の名前（a-z、0-9、-、.）'),
  )

/** Labels by which Kubernetes chooses pods: `app=shodo-backend,tier=web`. */
export const labelSelector = z
  .string()
  .regex(
    /^[\w./-]+=[\w.-]+(,[\w./-]+=[\w.-]+)*$/,
    expects('a label selector such as app=shodo-backend', 'app=shodo-backend のようなラベルセレクター'),
  )
