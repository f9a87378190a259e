/**
 * A link as text, as both stores keep it. Its members are as they are in the core: there is one for a name and Region at most, and it is read by background work.
 * @module
 */
import type { Link } from '../core/domain/replication.ts'

export const encodeLink = (link: Link): string => JSON.stringify(link)

export const decodeLink = (text: string): Link => JSON.parse(text) as Link
