// Frames of stacks that stand in cornichon itself: of no use to whoever looks for a line of their own.
import { fileURLToPath } from 'node:url'

/** The folders that it is made of, which as published are one of chunks. */
const FOLDERS = ['../executor/', '../serializer/', '../chunks/'].map(
  (path) => new URL(path, import.meta.url).href,
)
const PLACES = [...FOLDERS, ...FOLDERS.map((url) => fileURLToPath(url))]

/** Does a line of a stack stand in here? */
export const isOwnFrame = (line: string) => PLACES.some((place) => line.includes(place))
